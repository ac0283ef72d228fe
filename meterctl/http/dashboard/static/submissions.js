// What was handed to the utility, and what it answered.

import { ask, loggedIn } from "./api.js";
import { byId, el, notice } from "./dom.js";
import { shown, stateText, when } from "./format.js";

/** Fetch and show the newest. */
export async function showSubmissions(app) {
  const place = byId("submissions");
  try {
    const { submissions } = await ask("dashboard/submissions?limit=50");
    if (!loggedIn()) return;
    place.replaceChildren(submissions.length ? list(app, submissions) : none(app));
  } catch (error) {
    if (!loggedIn()) return;
    place.replaceChildren(notice("bad", `They cannot be shown just now: ${error.message}`));
  }
}

function none(app) {
  const text = app.me.utility ? "Nothing was handed to the utility yet." : "No utility is set up: see meterctl init.";
  return el("p", { class: "card quiet" }, text);
}

function list(app, submissions) {
  return el("ul", { class: "card rows" }, ...submissions.map((one) => row(app, one)));
}

function row(app, one) {
  const meter = app.me.meters.find((known) => known.id === one.meter);
  const zone = meter ? app.zoneOf(meter) : app.me.timezone;
  const [look, text] = stateText(one.differs ? "differs" : one.state);
  return el(
    "li",
    { class: "submission" },
    el(
      "p",
      { class: "value" },
      el("span", { class: "figure" }, shown(one.value, meter?.decimals)),
      " ",
      el("span", { class: "unit" }, one.unit),
    ),
    el("p", { class: `state ${look}` }, text),
    el("p", { class: "quiet" }, `${one.meter} · `, el("time", { datetime: one.timestamp }, when(one.timestamp, zone))),
    el("p", { class: "receipt" }, one.receipt ? "receipt " : "", one.receipt ? el("code", {}, one.receipt) : ""),
    one.detail ? el("p", { class: "quiet small detail" }, one.detail) : null,
  );
}
