// Values, times and ages, as people read them.

const MILLION = 1_000_000n;

/** A number of JSON, or its text, as exact millionths. It has at most 15 digits, so none is lost. */
export function millionths(value) {
  const [whole, fraction = ""] = String(value).split(".");
  return BigInt(whole) * MILLION + BigInt(fraction.padEnd(6, "0"));
}

/** Millionths as a decimal with at least so many places: never rounded. */
export function decimal(amount, places = 0) {
  const rest = String(amount % MILLION).padStart(6, "0").replace(/0+$/, "").padEnd(places, "0");
  return rest ? `${amount / MILLION}.${rest}` : String(amount / MILLION);
}

/** A value with its meter's decimals. */
export const shown = (value, places = 0) => decimal(millionths(value), places);

/** A sum for a glance, to `places`: a total of uses, not a reading. */
export const rough = (amount, places = 1) => (Number(amount) / 1e6).toFixed(places);

/** How long ago, in seconds, for people. */
export function age(seconds) {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 2 * 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} days ago`;
}

/** What the clocks of a zone show, in parts. */
function parts(instant, zone, options) {
  const [, sign, hours, minutes] = /^(?:UTC)?([+-])(\d\d):(\d\d)$/.exec(zone) ?? [];
  const ahead = sign ? (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -60_000 : 60_000) : 0;
  const known = { ...options, timeZone: sign ? "UTC" : zone };
  return new Intl.DateTimeFormat("en-GB", known).formatToParts(instant.getTime() + ahead);
}

/** `26 Nov 2026, 19:05`, in a zone. */
export function when(iso, zone) {
  const options = { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  return parts(new Date(iso), zone, options)
    .map((part) => part.value)
    .join("");
}

/** `2026-11-26T19:05`, as the clocks of a zone show an instant: for a field of date and time. */
export function clock(instant, zone) {
  const options = {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  };
  const at = Object.fromEntries(
    parts(instant, zone, options).map((part) => [part.type, part.value]),
  );
  return `${at.year}-${at.month}-${at.day}T${at.hour}:${at.minute}`;
}

const DIRECTIONS = {
  generation: "solar",
  from_grid: "from the grid",
  to_grid: "to the grid",
  consumption: "consumption",
};

export const directionText = (direction) => DIRECTIONS[direction] ?? direction;

/** `1 reading`, `2 readings`. */
export const count = (many, name) => (many === 1 ? `1 ${name}` : `${many} ${name}s`);

const STATES = {
  due: ["wait", "due"],
  sending: ["wait", "being sent"],
  unknown: ["wait", "sent, answer unknown"],
  accepted: ["good", "accepted"],
  already: ["good", "already there"],
  rejected: ["bad", "refused"],
  differs: ["bad", "has another value"],
  withheld: ["wait", "withheld"],
  superseded: ["", "set aside"],
  queued: ["wait", "waiting"],
  written: ["good", "written"],
};

/** What a state is called, and how it looks. */
export const stateText = (state) => STATES[state] ?? ["", state];
