import { Gauge, Histogram, type Registry } from "prom-client";
import { type Clock, systemClock } from "../core/mod.ts";

/** How often the event loop is looked at, in milliseconds: often enough for a p99 of seconds, seldom enough to cost nothing. */
const SAMPLE_MS = 50;
const DELAY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

/** Options of {@link watchProcess}. */
export interface WatchProcessOptions {
  /** Sets the timers whose delay is measured; the system's when left out. */
  readonly clock?: Pick<Clock, "after">;
  /** Milliseconds with fractions, which only grow; `performance.now` when left out. */
  readonly stopwatch?: () => number;
}

/**
 * Measures memory and the delay of the event loop. (prom-client's own collectors read Node's internals and `/proc`, which Deno's permissions
 * keep closed; perf_hooks' histogram gives other units in Deno than in Node.)
 *
 * @returns ends it
 */
export function watchProcess(registry: Registry, options: WatchProcessOptions = {}): () => void {
  const { clock = systemClock, stopwatch = () => performance.now() } = options;
  const registers = [registry];
  const delay = new Histogram({
    name: "chatbox50_event_loop_delay_seconds",
    help: "How late a timer is called, looked at twenty times a second",
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
  const look = (): () => void => {
    const due = stopwatch() + SAMPLE_MS;
    return clock.after(SAMPLE_MS, () => {
      delay.observe(Math.max(0, stopwatch() - due) / 1000);
      cancel = look();
    });
  };
  let cancel = look();
  return () => cancel();
}
