import { Gauge, Histogram, type Registry } from "prom-client";

/** How often the event loop is looked at, in milliseconds: seldom enough to cost nothing. */
const SAMPLE_MS = 250;
const DELAY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/**
 * Measures memory and the delay of the event loop. (prom-client's own collectors read Node's internals and `/proc`, which Deno's permissions
 * keep closed; perf_hooks' histogram gives other units in Deno than in Node.)
 *
 * @returns ends it
 */
export function watchProcess(registry: Registry): () => void {
  const registers = [registry];
  const delay = new Histogram({
    name: "chatbox50_event_loop_delay_seconds",
    help: "How late a timer is called, looked at four times a second",
    buckets: DELAY_BUCKETS,
    registers,
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process began, Unix time",
    registers,
  }).set((performance.timeOrigin) / 1000);
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory",
    registers,
    collect(): void {
      this.set(Deno.memoryUsage().rss);
    },
  });
  new Gauge({
    name: "process_heap_bytes",
    help: "JavaScript memory in use",
    registers,
    collect(): void {
      this.set(Deno.memoryUsage().heapUsed);
    },
  });
  let due = performance.now() + SAMPLE_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    delay.observe(Math.max(0, now - due) / 1000);
    due = now + SAMPLE_MS;
  }, SAMPLE_MS);
  return () => clearInterval(timer);
}
