// Entering a reading: the server's own validator says at once what it thinks of it.

import { Lost, Problem, ask } from "./api.js";
import { ask as question, byId, el, notice, say } from "./dom.js";
import { dateField, fieldOf } from "./fields.js";
import { clock, shown } from "./format.js";
import { send } from "./outbox.js";

const QUIET = 350; // milliseconds without a key before the server is asked

/** The form, with a field for each meter of the client. */
export function entering(app) {
  const fields = new Map(app.me.meters.map((meter) => [meter.id, fieldOf(app, meter, changed)]));
  const now = el("input", { type: "radio", name: "time", id: "time-now", checked: true, change: changed });
  const other = el("input", { type: "radio", name: "time", id: "time-other", change: changed });
  const at = dateField("at", `Time (${app.me.timezone})`, changed);
  const intervals = app.me.meters.some((meter) => meter.kind === "interval");
  const begins = dateField("starts-at", "Counted since", changed);
  const note = el("textarea", { id: "note", rows: 2, maxlength: 2000, input: changed });
  const trouble = el("div", { id: "enter-trouble", role: "alert" });
  const submit = el("button", { type: "submit", class: "main wide" }, "Store");
  let timer = 0;
  let asked = 0;
  let busy = false;

  byId("enter").replaceChildren(
    ...[...fields.values()].map(({ box }) => box),
    el(
      "fieldset",
      {},
      el("legend", {}, "When"),
      el("label", { class: "radio", for: "time-now" }, now, "now"),
      el("label", { class: "radio", for: "time-other" }, other, "at another time"),
      at.box,
    ),
    ...(intervals ? [begins.box] : []),
    el("div", { class: "field" }, el("label", { for: "note" }, "Note ", el("span", { class: "quiet" }, "(may be left empty)")), note),
    trouble,
    submit,
  );
  at.box.hidden = true;
  byId("enter").addEventListener("submit", submitted);
  byId("enter-said").replaceChildren();

  /** What is filled in, as the server takes it; null where no value is given. */
  function record() {
    const form = { timestamp: other.checked ? at.input.value : app.now().toISOString() };
    for (const [meter, { input }] of fields) {
      if (input.value.trim()) form[meter] = input.value.trim();
    }
    if (Object.keys(form).length === 1) return null;
    if (note.value.trim()) form.note = note.value;
    if (intervals && begins.input.value) form.starts_at = begins.input.value;
    return form;
  }

  function changed() {
    if (other.checked && at.box.hidden) {
      at.input.type = "datetime-local";
      at.input.value = clock(app.now(), app.me.timezone);
    }
    at.box.hidden = !other.checked;
    asked += 1;
    clearTimeout(timer);
    timer = setTimeout(look, QUIET);
  }

  /** Ask what the server thinks; the findings, or null where it says no or nothing. */
  async function look() {
    clearTimeout(timer);
    const mine = ++asked;
    const form = record();
    if (form === null) {
      clear();
      return null;
    }
    try {
      const answer = await ask("dashboard/check", { method: "POST", form });
      if (mine !== asked) return null;
      if (answer.problem !== null) {
        tell(new Problem(422, answer.problem));
        return null;
      }
      clear();
      const found = answer.readings.filter((one) => one.findings.length);
      for (const { meter, findings } of found) {
        fields.get(meter)?.tell("wait", findings.map((one) => one.detail).join("; "));
      }
      return found;
    } catch (error) {
      if (mine !== asked) return null;
      if (error instanceof Lost || error.status === 429 || error.status >= 500) {
        clear(); // it cannot be looked at just now; it can be sent all the same
        return [];
      }
      tell(error);
      return null;
    }
  }

  function clear() {
    trouble.replaceChildren();
    at.tell("", "");
    begins.tell("", "");
    fields.forEach((field) => field.tell("", ""));
  }

  function tell(error) {
    clear();
    if (!(error instanceof Problem)) throw error;
    const rest = error.errors.filter((one) => {
      const place = placeOf(one.field);
      // Where the clocks were set back, a time needs its offset, which that field cannot hold.
      if (place === at && one.message.includes("twice")) at.input.type = "text";
      return !place?.tell("bad", sentence(one, place.input.value));
    });
    if (rest.length || !error.errors.length) {
      const lines = rest.length ? rest.map((one) => sentence(one)) : [sentence({ message: error.message, hint: error.hint })];
      trouble.replaceChildren(notice("bad", ...lines.map((line) => el("p", {}, line))));
    }
  }

  function placeOf(name) {
    if (name === "timestamp") return other.checked ? at : undefined;
    if (name === "starts_at") return begins;
    const meter = app.me.meters.find((one) => name === one.id || name === one.column);
    return fields.get(meter?.id);
  }

  async function submitted(event) {
    event.preventDefault();
    if (busy) return;
    const form = record();
    if (form === null) {
      trouble.replaceChildren(notice("bad", "No value is given: type what the dial shows."));
      fields.values().next().value?.input.focus();
      return;
    }
    busy = true;
    submit.setAttribute("aria-disabled", "true");
    try {
      const found = await look();
      if (found === null) firstWrong()?.focus();
      else if (!found.length || (await isMeant(found)) === "store") await store(form);
    } finally {
      busy = false;
      submit.removeAttribute("aria-disabled");
    }
  }

  const firstWrong = () =>
    [...fields.values(), at, begins].map(({ input }) => input).find((input) => input.hasAttribute("aria-invalid"));

  function isMeant(found) {
    const lines = found.map(({ meter, findings }) =>
      el("li", {}, el("strong", {}, meter), `: ${findings.map((one) => one.detail).join("; ")}`),
    );
    return question("This looks wrong", [el("ul", {}, ...lines), el("p", { class: "quiet" }, "Stored, it waits for a person to look at it before it goes to the utility.")], [
      { text: "Go back", value: "", look: "main" },
      { text: "Store it all the same", value: "store", look: "plain" },
    ]);
  }

  async function store(form) {
    let answer;
    try {
      answer = await send(form, textOf(app, form));
    } catch (error) {
      tell(error);
      return;
    }
    empty();
    if (answer !== null) told(answer);
    else said("wait", "There is no connection. The reading is kept on this page, and sent as soon as there is one.");
  }

  function empty() {
    for (const { input } of fields.values()) input.value = "";
    note.value = "";
    begins.input.value = "";
    now.checked = true;
    at.box.hidden = true;
    asked += 1;
    clearTimeout(timer);
    clear();
  }

  function said(kind, ...lines) {
    byId("enter-said").replaceChildren(notice(kind, ...lines.map((line) => el("p", {}, line))));
    say(lines.join(" "));
    byId("enter-said").scrollIntoView({ block: "nearest" });
  }

  /** What the server has acknowledged. */
  function told(answer) {
    const lines = answer.readings.map((one) => {
      const meter = app.me.meters.find((known) => known.id === one.meter);
      const known = one.status === "duplicate" ? " was known already" : " is stored";
      const findings = one.findings.length ? `; it looks wrong (${one.findings.join(", ").replaceAll("_", " ")})` : "";
      return `${one.meter} ${shown(one.value, meter?.decimals)} ${one.unit}${known}${findings}.`;
    });
    if (answer.sheet === "queued") lines.push("The Sheet gets it next.");
    said("good", ...lines);
  }

  return {
    told,
    /** Fill the form with a record that was refused. */
    fill(form) {
      for (const [meter, { input }] of fields) input.value = form[meter] ?? "";
      note.value = form.note ?? "";
      begins.input.value = form.starts_at ?? "";
      other.checked = true;
      const isLocal = !/(Z|[+-]\d\d:\d\d)$/.test(form.timestamp);
      at.input.value = isLocal ? form.timestamp : clock(new Date(form.timestamp), app.me.timezone);
      at.box.hidden = false;
      look();
    },
    show() {
      for (const { latest } of fields.values()) latest();
    },
    stop() {
      clearTimeout(timer);
      asked += 1;
      byId("enter").removeEventListener("submit", submitted);
      byId("enter").replaceChildren();
      byId("enter-said").replaceChildren();
    },
  };
}

function textOf(app, form) {
  const values = app.me.meters.filter(({ id }) => id in form).map(({ id, unit }) => `${id} ${form[id]} ${unit}`);
  return values.join(", ");
}

/** What is wrong and what to do; the server repeats nothing, so what was typed is put back in. */
function sentence({ message, hint }, typed) {
  const text = hint ? `${message}: ${hint}` : message;
  return typed ? text.replaceAll("'…'", () => `'${typed.trim().slice(0, 40)}'`) : text;
}
