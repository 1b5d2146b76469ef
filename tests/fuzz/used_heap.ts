import v8 from "node:v8";
import vm from "node:vm";

/**
 * Bytes of the heap that are in use once all rubbish is gone; nothing where the runtime does not let its collector be called (Deno 2.6).
 */
export function usedHeap(): number | undefined {
  v8.setFlagsFromString("--expose-gc");
  // The flag is heeded by contexts that are made after it.
  const collect: unknown = vm.runInNewContext("globalThis.gc");
  if (typeof collect !== "function") return undefined;
  collect();
  return Deno.memoryUsage().heapUsed;
}
