// The queue, and whether all is well.

import { ask, loggedIn } from "./api.js";
import { byId, el, notice } from "./dom.js";

const LOOKS = { pass: "good", warn: "wait", fail: "bad" };
const WORDS = { pass: "all right", warn: "look at it", fail: "failing" };
const WHOLE = { pass: "All is well.", warn: "Something wants to be looked at.", fail: "Something is failing." };

/** Fetch and show all checks, and what is still to go. */
export async function showHealth(app) {
  try {
    const form = await ask("health");
    if (loggedIn()) show(app, form);
  } catch (error) {
    if (!loggedIn()) return;
    // 503 is the answer of a ledger that cannot be used, and says why.
    if (error.form?.checks) show(app, error.form);
    else byId("health").replaceChildren(notice("bad", `There is no answer just now: ${error.message}`));
  }
}

function show(app, form) {
  const rows = Object.entries(form.checks).flatMap(([name, found]) => found.map((one) => row(name, one)));
  byId("health").replaceChildren(
    notice(LOOKS[form.status], WHOLE[form.status]),
    app.me.sheet || app.me.utility ? el("p", { id: "queue" }, app.queue() || "Nothing is waiting to be sent.") : "",
    el("ul", { class: "card rows" }, ...rows),
    el("p", { class: "quiet small" }, `meterctl ${form.version}`),
  );
}

function row(name, { status, output, hint }) {
  return el(
    "li",
    { class: "check" },
    el("p", {}, el("strong", {}, name.replaceAll("_", " "))),
    el("p", { class: `state ${LOOKS[status]}` }, WORDS[status]),
    el("p", { class: "quiet output" }, output),
    hint ? el("p", { class: "output" }, hint) : null,
  );
}
