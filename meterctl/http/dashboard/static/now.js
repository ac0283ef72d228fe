// The current reading of each meter, its age, and who has it.

import { byId, el, say } from "./dom.js";
import { age, count, directionText, shown, stateText, when } from "./format.js";
import { follow } from "./live.js";

const LINK = {
  live: ["good", "live"],
  asking: ["wait", "every 5 s"],
  away: ["bad", "no connection"],
};

/** Follow what is current; `changed` is told when the ledger has something new. */
export function readings(app, changed) {
  let known = new Map();
  let pending = {};
  let received = 0; // when the newest answer came, by this page's own clock

  function tell(form) {
    const before = known;
    known = new Map(form.readings.map((one) => [one.meter, one]));
    pending = form.pending;
    const news = form.readings.filter((one) => isOther(one, before.get(one.meter)));
    const isFirst = received === 0;
    received = performance.now();
    draw();
    if (before.size && news.length) {
      say(news.map((one) => `${one.meter}: ${valueOf(app, one)}`).join(", "));
    }
    const moved = form.readings.some((one) => hasMoved(one, before.get(one.meter)));
    if (!isFirst && (news.length || moved)) changed();
  }

  function draw() {
    byId("cards").replaceChildren(...app.me.meters.map((meter) => card(app, meter, known.get(meter.id))));
    byId("pending").textContent = waiting(app, pending);
    byId("pending").hidden = !byId("pending").textContent;
    tick();
  }

  function tick() {
    const passed = (performance.now() - received) / 1000;
    for (const node of document.querySelectorAll("[data-age]")) {
      node.textContent = age(Number(node.dataset.age) + passed);
    }
  }

  function link(state) {
    const [look, text] = LINK[state];
    byId("link-state").className = `link state ${look}`;
    byId("link-state").textContent = text;
  }

  byId("cards").replaceChildren();
  byId("link-state").className = "link state";
  byId("link-state").textContent = "connecting";
  const ticking = setInterval(tick, 1000);
  const following = follow(tell, link);
  return {
    newest: (meter) => known.get(meter),
    queue: () => waiting(app, pending),
    stop() {
      clearInterval(ticking);
      following.stop();
      byId("cards").replaceChildren();
      byId("pending").hidden = true;
    },
  };
}

const isOther = (one, before) =>
  before === undefined || before.value !== one.value || before.timestamp !== one.timestamp;

const hasMoved = (one, before) =>
  before !== undefined && (before.sheet !== one.sheet || before.utility !== one.utility);

const meterOf = (app, id) => app.me.meters.find((meter) => meter.id === id);

const valueOf = (app, one) => `${shown(one.value, meterOf(app, one.meter)?.decimals)} ${one.unit}`;

function card(app, meter, one) {
  const title = el(
    "h2",
    { class: "meter" },
    el("span", { class: `dot ${meter.direction}` }),
    el("span", {}, meter.id),
    " ",
    el("span", { class: "quiet" }, directionText(meter.direction)),
  );
  if (one === undefined) {
    return el("article", { class: "card reading" }, title, el("p", { class: "quiet" }, "no reading yet"));
  }
  const zone = app.zoneOf(meter);
  return el(
    "article",
    { class: "card reading", "data-meter": meter.id },
    title,
    el(
      "p",
      { class: "value" },
      el("span", { class: "figure" }, shown(one.value, meter.decimals)),
      " ",
      el("span", { class: "unit" }, one.unit),
    ),
    el(
      "p",
      { class: "quiet" },
      el("span", { "data-age": one.age_seconds }),
      " · ",
      el("time", { datetime: one.timestamp }, when(one.timestamp, zone)),
      one.quality === "actual" ? null : ` · ${one.quality}`,
    ),
    states(one),
  );
}

function states(one) {
  const parts = ["sheet", "utility"].filter((place) => one[place] !== "off");
  if (!parts.length) return null;
  return el(
    "ul",
    { class: "states" },
    ...parts.map((place) => {
      const [look, text] = stateText(one[place]);
      return el("li", { class: `state ${look}` }, `${place === "sheet" ? "Sheet" : "utility"}: ${text}`);
    }),
  );
}

function waiting(app, pending) {
  const parts = [];
  if (app.me.sheet && pending.sheet) parts.push(`${count(pending.sheet, "reading")} waiting for the Sheet`);
  if (app.me.utility && pending.utility) parts.push(`${count(pending.utility, "reading")} waiting for the utility`);
  return parts.join(" · ");
}
