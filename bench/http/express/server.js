'use strict';

// The rival: the same service as a careful team would write it on Express 4.
// One token check, one validation and one durable commit for each answer; no audit log, no limits
// kept across processes, no findings, no revocation: it has less to do than meterctl.

const crypto = require('node:crypto');
const { promisify } = require('node:util');
const Database = require('better-sqlite3');
const cors = require('cors');
const express = require('express');
const { rateLimit } = require('express-rate-limit');
const helmet = require('helmet');
const jwt = require('jsonwebtoken');

const scrypt = promisify(crypto.scrypt);
const env = process.env;
const WEEK = 604_800; // seconds
const MOST_RECORDS = 10_000;
const SKEW = 5 * 60_000; // milliseconds a clock may be ahead
const ISSUER = 'express';
const AUDIENCE = 'express:readings';
const METERS = new Map([
  ['meterValue', 'meter'],
  ['meter', 'meter'],
  ['inverterKWh', 'inverter'],
  ['inverter', 'inverter'],
]);
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;
const DECIMAL = /^(\d{1,9})(?:\.(\d{1,6}))?$/;

// A string secret would be made into a key anew for each token: four times slower.
const key = crypto.createSecretKey(Buffer.from(env.JWT_SECRET, 'utf8'));

class Problem extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

// -- the store ---------------------------------------------------------------------------

const db = new Database(env.DATABASE);
db.pragma('journal_mode = WAL');
db.pragma('synchronous = FULL');
db.pragma('busy_timeout = 5000');
db.exec(`
  CREATE TABLE IF NOT EXISTS reading (
    id INTEGER PRIMARY KEY,
    meter TEXT NOT NULL,
    at INTEGER NOT NULL,
    value INTEGER NOT NULL,
    note TEXT,
    client TEXT NOT NULL,
    UNIQUE (meter, at)
  )
`);
const insert = db.prepare(
  'INSERT INTO reading (meter, at, value, note, client) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
);
const find = db.prepare('SELECT id, value FROM reading WHERE meter = ? AND at = ?');
const ping = db.prepare('SELECT 1');

// One record within a transaction: what is known already is found, not stored again.
function put(record, client) {
  const readings = record.values.map(({ meter, value }) => {
    const done = insert.run(meter, record.at, value, record.note, client);
    if (done.changes === 1) return { id: done.lastInsertRowid, meter, value, status: 'recorded' };
    const known = find.get(meter, record.at);
    return { id: known.id, meter, value, status: known.value === value ? 'duplicate' : 'conflict' };
  });
  return { at: record.at, readings };
}

const isConflict = (done) => done.readings.some((one) => one.status === 'conflict');

const putOne = db.transaction((record, client) => {
  const done = put(record, client);
  if (isConflict(done)) throw new Problem(409, 'conflict', 'another value is stored there');
  return done;
});

const putAll = db.transaction((records, client) => {
  const done = records.map((record) => put(record, client));
  if (done.some(isConflict)) throw new Problem(409, 'conflict', 'another value is stored there');
  return done;
});

// All that wait share a transaction; a record in conflict takes its own readings back alone.
const putWaiting = db.transaction((waiting) =>
  waiting.map(({ record, client }) => {
    try {
      return putOne(record, client); // within a transaction better-sqlite3 makes it a savepoint
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
  }),
);

let queue = [];

function flush() {
  const waiting = queue;
  queue = [];
  let done;
  try {
    done = putWaiting.immediate(waiting);
  } catch (error) {
    for (const { reject } of waiting) reject(error);
    return;
  }
  waiting.forEach(({ resolve, reject }, index) => {
    if (done[index] instanceof Problem) reject(done[index]);
    else resolve(done[index]);
  });
}

function storeInGroup(record, client) {
  return new Promise((resolve, reject) => {
    if (queue.length === 0) setImmediate(flush);
    queue.push({ record, client, resolve, reject });
  });
}

const store =
  env.COMMIT === 'group' ? storeInGroup : (record, client) => putOne.immediate(record, client);

// -- what is asked -----------------------------------------------------------------------

const bad = (message) => new Problem(422, 'bad_data', message);

// As an integer of millionths: at most 15 digits, so a double holds it exactly.
function millionths(given) {
  if (typeof given !== 'number' && typeof given !== 'string') throw bad('a value is a number');
  const parts = DECIMAL.exec(given);
  if (parts === null) throw bad('a value has at most 9 digits and 6 decimals');
  return Number(parts[1]) * 1_000_000 + (parts[2] ? Number(parts[2].padEnd(6, '0')) : 0);
}

function decimal(value) {
  const whole = Math.trunc(value / 1_000_000);
  const part = value % 1_000_000;
  return part === 0 ? whole : Number(`${whole}.${String(part).padStart(6, '0')}`);
}

function readRecord(body, now) {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw bad('not an object');
  const { timestamp, note = null } = body;
  if (typeof timestamp !== 'string' || !INSTANT.test(timestamp)) throw bad('timestamp: no time');
  const at = Date.parse(timestamp);
  if (Number.isNaN(at)) throw bad('timestamp: no such time');
  if (at > now + SKEW) throw bad('timestamp: in the future');
  if (note !== null && (typeof note !== 'string' || note.length > 1000)) throw bad('note: no text');
  const values = [];
  for (const name in body) {
    if (name === 'timestamp' || name === 'note') continue;
    const meter = METERS.get(name);
    if (meter === undefined) throw bad('unknown field');
    if (body[name] !== null) values.push({ meter, value: millionths(body[name]) });
  }
  if (values.length === 0) throw bad('no value');
  return { at, note, values };
}

function asRecorded(done) {
  return {
    timestamp: new Date(done.at).toISOString(),
    readings: done.readings.map(({ id, meter, value, status }) => ({
      id: String(id),
      meter,
      value: decimal(value),
      unit: 'kWh',
      status,
      findings: [],
    })),
    sheet: 'off',
  };
}

// -- who asks ----------------------------------------------------------------------------

const [salt, hash] = env.CLIENT_HASH.split(':').map((text) => Buffer.from(text, 'hex'));

async function isClient({ clientId, clientSecret } = {}) {
  if (typeof clientId !== 'string' || typeof clientSecret !== 'string') return false;
  const found = await scrypt(clientSecret, salt, hash.length);
  return crypto.timingSafeEqual(found, hash) && clientId === env.CLIENT_ID;
}

const CHECKS = { algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE };
const MOST_TOKENS = 1024;
const verified = new Map();

// meterctl looks at a token's signature once; so does this, if it is told to.
function claimsOf(token) {
  if (env.TOKENS !== 'once') return jwt.verify(token, key, CHECKS);
  const known = verified.get(token);
  if (known !== undefined && Date.now() < known.exp * 1000) return known;
  const claims = jwt.verify(token, key, CHECKS);
  if (verified.size >= MOST_TOKENS) verified.clear();
  verified.set(token, claims);
  return claims;
}

function needs(scope) {
  return (request, response, next) => {
    const given = request.headers.authorization;
    if (given === undefined || !given.startsWith('Bearer ')) {
      return next(new Problem(401, 'unauthorized', 'a token is needed'));
    }
    let claims;
    try {
      claims = claimsOf(given.slice(7));
    } catch {
      return next(new Problem(401, 'invalid_token', 'the token is not valid'));
    }
    if (!claims.scope.includes(scope)) {
      return next(new Problem(403, 'insufficient_scope', 'the token lacks a scope'));
    }
    request.client = claims.sub;
    return next();
  };
}

// -- the service -------------------------------------------------------------------------

const app = express();
app.set('etag', false); // nothing here is ever fetched again: no hash for each answer
app.use(helmet());
app.use(cors({ origin: 'https://meters.example' }));
app.use(
  rateLimit({
    windowMs: 60_000,
    limit: Number(env.RATE),
    standardHeaders: 'draft-8',
    legacyHeaders: false,
  }),
);

app.get('/health', (request, response) => {
  ping.get();
  response.json({ status: 'pass' });
});

app.post('/auth/token', express.json({ limit: '4kb' }), async (request, response, next) => {
  try {
    if (!(await isClient(request.body))) throw new Problem(401, 'invalid_client', 'no such client');
    const claims = { scope: ['record'], jti: crypto.randomUUID() };
    const token = jwt.sign(claims, key, {
      algorithm: 'HS256',
      expiresIn: WEEK,
      notBefore: 0,
      issuer: ISSUER,
      audience: AUDIENCE,
      subject: env.CLIENT_ID,
    });
    response.json({ token, tokenType: 'Bearer', expiresIn: WEEK });
  } catch (error) {
    next(error);
  }
});

app.post(
  '/records/single',
  needs('record'),
  express.json({ limit: '16kb' }),
  async (request, response, next) => {
    try {
      const done = await store(readRecord(request.body, Date.now()), request.client);
      const isNew = done.readings.some((one) => one.status === 'recorded');
      response.status(isNew ? 201 : 200).json(asRecorded(done));
    } catch (error) {
      next(error);
    }
  },
);

app.post('/records/bulk', needs('record'), express.json({ limit: '4mb' }), (request, response) => {
  const records = request.body.records;
  if (!Array.isArray(records) || records.length === 0 || records.length > MOST_RECORDS) {
    throw bad('records: 1 to 10,000 of them');
  }
  const now = Date.now();
  const read = records.map((one) => readRecord(one, now));
  const readings = putAll.immediate(read, request.client).flatMap((one) => one.readings);
  const recorded = readings.filter((one) => one.status === 'recorded').length;
  response.json({
    file: 'records',
    format: 'json',
    rows: records.length,
    recorded,
    duplicates: readings.length - recorded,
    conflicts: 0,
    rejected: 0,
    errors: [],
  });
});

app.use((request, response, next) => next(new Problem(404, 'not_found', 'no such thing here')));

// Express knows an error handler by its four parameters.
// eslint-disable-next-line no-unused-vars
app.use((error, request, response, next) => {
  const status = error.status ?? 500;
  response.status(status).type('application/problem+json');
  response.json({
    type: `urn:problem:${error.code ?? 'bug'}`,
    title: error.code ?? 'bug',
    status,
    detail: status < 500 ? error.message : 'not your fault',
  });
});

const server = app.listen(Number(env.PORT), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});

process.on('SIGTERM', () => {
  server.close(() => {
    db.close();
    process.exit(0);
  });
  server.closeIdleConnections();
});
