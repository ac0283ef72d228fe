// Bulk upload: a file is shown as it would be stored, with its bad rows, before it is.

import { Lost, ask } from "./api.js";
import { byId, button, el, notice, say } from "./dom.js";
import { count, when } from "./format.js";
import { table } from "./chart.js";

const MOST = 8 * 1024 * 1024;
const PATIENCE = 300_000;

/** The place to drop a file, and what becomes of it. */
export function uploading(app) {
  const chooser = el("input", { type: "file", id: "file", class: "sr", accept: ".csv,text/csv,text/plain" });
  const drop = el(
    "label",
    { class: "drop", for: "file" },
    el("span", { class: "big" }, "Drop a CSV file here"),
    el("span", { class: "quiet" }, "or press to choose one"),
  );
  const outcome = el("div", { id: "import-outcome" });
  let turn = 0;

  chooser.addEventListener("change", () => {
    if (chooser.files.length) preview([...chooser.files]);
    chooser.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.remove("over");
    });
  }
  drop.addEventListener("drop", (event) => preview([...event.dataTransfer.files]));
  byId("import").replaceChildren(chooser, drop, outcome);

  async function preview(files) {
    const mine = ++turn;
    const [file] = files;
    if (files.length !== 1) return show(notice("bad", "One file at a time, please."));
    if (file.size > MOST) {
      return show(notice("bad", `${file.name} is larger than 8 MiB: cut it in parts, or use meterctl bulk-import.`));
    }
    show(notice("", `Reading ${file.name} …`));
    const answer = await run(file, { dryRun: true, skipBad: false });
    if (mine !== turn || answer === null) return undefined;
    const whole = answer.rejected ? await run(file, { dryRun: true, skipBad: true }) : answer;
    if (mine === turn && whole !== null) show(...found(file, answer, whole));
    return undefined;
  }

  function found(file, answer, whole) {
    const choices = [];
    const text = `Import ${count(whole.recorded, "reading")}`;
    const skipping = answer.rejected ? `${text}, leave out ${count(answer.rejected, "bad row")}` : text;
    if (whole.recorded) {
      choices.push(button(skipping, () => store(file, answer.rejected > 0), "main"));
    }
    choices.push(button("Leave it", () => show(), "plain"));
    const kind = answer.errors.length ? "wait" : "good";
    return [
      el(
        "section",
        { class: "card", "aria-labelledby": "preview-title" },
        el("h2", { id: "preview-title", tabindex: "-1" }, file.name),
        notice(kind, summary(whole, "would be recorded"), span(app, whole)),
        problems(answer),
        el("div", { class: "buttons" }, ...choices),
      ),
    ];
  }

  async function store(file, skipBad) {
    const mine = ++turn;
    show(notice("", `Importing ${file.name} …`));
    const answer = await run(file, { dryRun: false, skipBad });
    if (mine !== turn || answer === null) return;
    const kind = answer.refused ? "bad" : "good";
    const look = answer.findings ? el("p", {}, `${count(answer.findings, "reading")} to look at: meterctl review`) : null;
    show(notice(kind, `${file.name}: ${summary(answer, "recorded")}`, span(app, answer), look), problems(answer));
  }

  async function run(file, { dryRun, skipBad }) {
    try {
      return await ask(`dashboard/import?dryRun=${dryRun}&skipBad=${skipBad}`, {
        method: "POST",
        body: file,
        headers: { "Content-Type": "text/csv" },
        patience: PATIENCE,
      });
    } catch (error) {
      const again = dryRun ? "" : " Choosing the file again is safe: what is stored is known by then.";
      const why = error instanceof Lost ? "there was no answer" : error.message;
      show(notice("bad", `${file.name}: ${why}.${again}`, error.hint ? el("p", {}, error.hint) : null));
      return null;
    }
  }

  function show(...nodes) {
    outcome.replaceChildren(...nodes.filter((node) => node !== null));
    const title = byId("preview-title");
    if (title) title.focus();
    else if (outcome.textContent) say(outcome.textContent);
  }

  return {
    stop() {
      turn += 1;
      byId("import").replaceChildren();
    },
  };
}

function summary(answer, recorded) {
  const parts = [`${count(answer.rows, "row")}: ${count(answer.recorded, "reading")} ${recorded}`];
  if (answer.duplicates) parts.push(`${answer.duplicates} known already`);
  if (answer.conflicts) parts.push(`${answer.conflicts} in conflict`);
  if (answer.rejected) parts.push(`${count(answer.rejected, "row")} rejected`);
  return parts.join(", ");
}

function span(app, { first, last }) {
  if (first === null || last === null) return null;
  const [from, to] = [first, last].map((time) => when(time, app.me.timezone));
  return el("p", { class: "small" }, from === to ? `of ${from}` : `from ${from} to ${to}`);
}

function problems(answer) {
  if (!answer.errors.length) return null;
  const rows = answer.errors.map((one) => [
    String(one.line),
    String(one.column),
    el("span", {}, one.message, one.hint ? el("span", { class: "quiet block" }, one.hint) : null),
  ]);
  const all = answer.rejected + answer.conflicts;
  const more = all > rows.length ? el("p", { class: "quiet" }, `the first ${rows.length} of ${all}`) : null;
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": "What is wrong" },
    table("What is wrong, and where", ["Line", "Column", "What is wrong"], rows),
    more,
  );
}
