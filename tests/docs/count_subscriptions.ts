/**
 * Run inside a program of the guide, before it: says how many subscriptions of connections there are whenever that changes.
 *
 * @module
 */
import { Connection } from "../../src/mod.ts";

let open = 0;
const subscribe = Connection.prototype.subscribe;

async function say(): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${open} subscriptions\n`));
}

Connection.prototype.subscribe = function (listener): () => void {
  const unsubscribe = subscribe.call(this, listener);
  open++;
  say();
  return () => {
    open--;
    say();
    unsubscribe();
  };
};
