// Use per hour, day or month: what the sun gave against what came from the grid.

import { ask } from "./api.js";
import { draw, table } from "./chart.js";
import { byId, el, notice } from "./dom.js";
import { decimal, directionText, millionths, rough } from "./format.js";

const SPANS = [
  { by: "hour", name: "Day", of: "Last 24 hours", one: "Hour" },
  { by: "day", name: "Month", of: "Last 31 days", one: "Day" },
  { by: "month", name: "Year", of: "Last 12 months", one: "Month" },
];
const ORDER = ["generation", "from_grid", "to_grid", "consumption"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** The chart and its choice of span. */
export function useOver() {
  let span = SPANS[1];
  let asked = 0;
  let again = () => {};

  const choices = SPANS.map((one) =>
    el("button", { type: "button", "aria-pressed": one === span, click: () => choose(one) }, one.name),
  );
  byId("use-span").replaceChildren(...choices);
  press();

  function press() {
    choices.forEach((choice, index) => choice.setAttribute("aria-pressed", SPANS[index] === span));
  }

  function choose(one) {
    span = one;
    press();
    load();
  }

  async function load() {
    const mine = ++asked;
    try {
      const form = await ask(`dashboard/use?by=${span.by}`);
      if (mine !== asked) return;
      again = () => show(form, span);
      again();
    } catch (error) {
      if (mine === asked) byId("use").replaceChildren(notice("wait", `The use is not known: ${error.message}`));
    }
  }

  let width = 0;
  const resized = new ResizeObserver(([{ contentRect }]) => {
    if (Math.abs(contentRect.width - width) < 1) return;
    width = contentRect.width;
    if (width) again();
  });
  resized.observe(byId("use"));

  return {
    load,
    stop() {
      asked += 1;
      again = () => {};
      resized.disconnect();
      byId("use").replaceChildren();
    },
  };
}

/** One chart for each unit: kilowatt hours and cubic metres share no axis. */
function show(form, span) {
  const units = [...new Set(form.meters.filter((one) => one.periods.length).map((one) => one.unit))];
  const charts = units.map((unit) => chart(form.meters.filter((one) => one.unit === unit), unit, span));
  if (!charts.length) charts.push([el("p", { class: "quiet" }, "No use is known yet: it takes two readings of a meter.")]);
  byId("use").replaceChildren(...charts.flat());
  for (const drawing of byId("use").querySelectorAll(".drawing")) drawing.dispatchEvent(new Event("shown"));
}

function chart(meters, unit, span) {
  const { series, periods } = gathered(meters);
  const totals = new Map(series.map((one) => [one, totalOf(periods, one)]));
  const figures = new Map(series.map((one) => [one, el("span", { class: "sum" })]));
  const about = el("p", { class: "quiet about" });

  function looked(period) {
    about.textContent = period === null ? span.of : period.long;
    for (const one of series) {
      const amount = period === null ? totals.get(one) : period.amounts.get(one);
      const reaches = period?.bars.get(one)?.reaches ? " *" : "";
      figures.get(one).textContent =
        amount === undefined || amount === null ? "no reading" : `${rough(amount)} ${unit}${reaches}`;
    }
  }
  looked(null);
  const summary = series.map((one) => `${directionText(one)} ${rough(totals.get(one))} ${unit}`).join(", ");
  const place = el("div", {
    class: "drawing",
    shown: () => draw(place, { title: `${span.of}: ${summary}`, series, periods, looked }),
  });
  const heads = [span.one, ...series.map((one) => `${directionText(one)}, ${unit}`)];
  const rows = periods.map((period) => [
    period.long,
    ...series.map((one) => {
      const amount = period.amounts.get(one);
      if (amount === undefined) return "no reading";
      return decimal(amount) + (period.bars.get(one).reaches ? " *" : "");
    }),
  ]);
  const hasReaches = periods.some((period) => [...period.bars.values()].some((bar) => bar.reaches));
  return [
    about,
    el(
      "ul",
      { class: "legend" },
      ...series.map((one) =>
        el("li", {}, el("span", { class: `dot ${one}` }), `${directionText(one)} `, figures.get(one)),
      ),
    ),
    place,
    hasReaches ? el("p", { class: "quiet small" }, "* pale: counted from longer before, as no reading lies between") : null,
    el(
      "details",
      {},
      el("summary", {}, "As a table"),
      el(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": `${span.of} as a table` },
        table(`Use: ${span.of.toLowerCase()}`, heads, rows.reverse()),
      ),
    ),
  ].filter((node) => node !== null);
}

/** The periods of several meters side by side; meters of one direction are added up. */
function gathered(meters) {
  const periods = new Map();
  for (const { direction, periods: ofMeter } of meters) {
    for (const one of ofMeter) {
      if (!periods.has(one.period)) {
        periods.set(one.period, { ...labels(one.period), start: one.start, amounts: new Map(), bars: new Map() });
      }
      const { amounts, bars } = periods.get(one.period);
      if (one.use === null) continue;
      const sum = (amounts.get(direction) ?? 0n) + millionths(one.use);
      amounts.set(direction, sum);
      const reaches = bars.get(direction)?.reaches || reachesBack(one);
      bars.set(direction, { use: Number(sum) / 1e6, reaches });
    }
  }
  const series = ORDER.filter((direction) => meters.some((one) => one.direction === direction && one.periods.length));
  return { series, periods: [...periods.values()].sort((one, other) => (one.start < other.start ? -1 : 1)) };
}

function totalOf(periods, direction) {
  return periods.reduce((sum, period) => sum + (period.amounts.get(direction) ?? 0n), 0n);
}

/** Whether a use counts from before the period that precedes its own. */
function reachesBack({ start, end, counted_since: since }) {
  const [from, until, counted] = [start, end, since].map((text) => Date.parse(text));
  return counted < from - (until - from);
}

/** `2026-11-26 19:00+0100`, `2026-11-26` or `2026-11` for a person. */
function labels(period) {
  const [year, month, day] = period.slice(0, 10).split("-");
  const name = MONTHS[Number(month) - 1];
  if (day === undefined) return { short: name, long: `${name} ${year}` };
  const date = `${Number(day)} ${name} ${year}`;
  if (period.length === 10) return { short: String(Number(day)), long: date };
  return { short: period.slice(11, 13), long: `${date}, ${period.slice(11, 16)}` };
}
