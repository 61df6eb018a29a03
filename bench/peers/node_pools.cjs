// Figures of Node's pools, in the form of Tandem.Bench: node node_pools.cjs piscina|workerpool quick|full METRIC,... DIRECTORY
// DIRECTORY is where the pool's package was installed. piscina runs threads, workerpool runs processes.
'use strict';
const { mkdtempSync, rmSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { performance } = require('node:perf_hooks');
const { setTimeout: sleep } = require('node:timers/promises');

const [name, mode, wanted, directory] = process.argv.slice(2);
const load = module => require(require.resolve(module, { paths: [directory] }));
const full = mode === 'full';
const rounds = 3;
const MIB = 1 << 20;

// piscina wants its work in a file.
const scratch = mkdtempSync(join(tmpdir(), 'tandem-peers-'));
const workFile = join(scratch, 'work.cjs');
writeFileSync(workFile, "module.exports = value => (typeof value === 'number' ? value + 1 : value.byteLength);");

const openers = {
  piscina(workers) {
    const Piscina = load('piscina');
    const pool = new (Piscina.Piscina ?? Piscina)({ filename: workFile, minThreads: workers, maxThreads: workers });
    return { run: value => pool.run(value), close: () => pool.destroy() };
  },
  workerpool(workers) {
    const pool = load('workerpool').pool({ workerType: 'process', minWorkers: workers, maxWorkers: workers });
    // A Buffer arrives as its JSON form.
    const work = value => (typeof value === 'number' ? value + 1 : value.byteLength ?? value.data.length);
    return { run: value => pool.exec(work, [value]), close: () => pool.terminate() };
  },
};

const median = values => values.sort((a, b) => a - b)[values.length >> 1];

async function milliseconds(action) {
  const start = performance.now();
  await action();
  return performance.now() - start;
}

/** Like the harness: one round to warm up, then the median. */
async function medianOf(action) {
  await action();
  const figures = [];
  for (let round = 0; round < rounds; round++) figures.push(await action());
  return median(figures);
}

async function roundTrip(pool, calls, idle) {
  const laps = [];
  for (let i = 0; i < calls; i++) {
    if (idle) await sleep(idle);
    laps.push((await milliseconds(() => pool.run(i))) * 1e3);
  }
  return median(laps);
}

async function submitAll(pool, calls) {
  const elapsed = await milliseconds(() => Promise.all(Array.from({ length: calls }, (_, i) => pool.run(i))));
  return calls / (elapsed / 1e3);
}

async function send(pool, calls, inFlight) {
  const payload = Buffer.alloc(MIB, 7);
  let left = calls;
  const lane = async () => {
    while (left-- > 0) await pool.run(payload);
  };
  const elapsed = await milliseconds(() => Promise.all(Array.from({ length: inFlight }, lane)));
  return (calls * MIB) / (1 << 30) / (elapsed / 1e3);
}

async function firstResult() {
  let pool;
  const elapsed = await milliseconds(() => (pool = openers[name](2)).run(1));
  await pool.close();
  return elapsed;
}

async function report(metric, unit, measure) {
  if (wanted.split(',').includes(metric))
    console.log(JSON.stringify({ backend: name, metric, value: await medianOf(measure), unit }));
}

async function main() {
  await report('first_result_ms', 'ms', firstResult);

  const single = openers[name](1);
  await report('round_trip_hot_us', 'us', () => roundTrip(single, full ? 3000 : 1500));
  await report('round_trip_idle_us', 'us', () => roundTrip(single, 20, 20));
  await single.close();

  const pair = openers[name](2);
  // workerpool sends a Buffer as text, several hundred times slower.
  const payloads = name === 'workerpool' ? 4 : 200;
  await report('calls_per_s', 'calls/s', () => submitAll(pair, full ? 30_000 : 10_000));
  await report('payload_1mib_gib_per_s', 'GiB/s', () => send(pair, payloads, 4));
  await report('payload_1mib_serial_gib_per_s', 'GiB/s', () => send(pair, payloads, 1));
  await pair.close();
}

main().finally(() => rmSync(scratch, { recursive: true }));
