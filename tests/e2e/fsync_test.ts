import { deepEqual, ok } from "node:assert/strict";
import { MAY_NOT_TRACE, Strace } from "../support/strace.ts";
import { SocketClient } from "../support/socket_client.ts";
import { World } from "./world.ts";

/** Sockets and pipes of processes end a turn after the test has seen them end. */
const RELAXED = { sanitizeOps: false, sanitizeResources: false, ignore: MAY_NOT_TRACE };

const MESSAGES = 30;
const VISITORS = 4;
const CALLS = "trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync";

/** What the calls say about the log of the database and the acks on the wire. */
interface Order {
  /** Calls that sent acks. */
  readonly acks: number;
  readonly fsyncs: number;
  /** Calls that sent acks while something written to the log had not been forced to the disk. */
  readonly tooEarly: readonly string[];
}

function read(calls: readonly string[]): Order {
  let [acks, fsyncs, dirty] = [0, 0, false];
  const tooEarly: string[] = [];
  for (const call of calls) {
    const onLog = /chatbox50\.db-wal>/.test(call);
    if (onLog && /\bp?write/.test(call)) dirty = true;
    else if (onLog && /\bf(data)?sync\(/.test(call)) {
      fsyncs++;
      dirty = false;
    } else if (/"type\\":\\"acks/.test(call)) {
      acks++;
      if (dirty) tooEarly.push(call);
    }
  }
  return { acks, fsyncs, tooEarly };
}

Deno.test(
  "[D1] End to end: no ack goes out before the log of the database was forced to the disk",
  RELAXED,
  async () => {
    await using world = await World.start();
    const server = await world.server();
    const url = await server.url();
    await using strace = await Strace.attach(server.pid, ["-y", "-s", "512", "-e", CALLS]);
    await Promise.all(Array.from({ length: VISITORS }, async () => {
      await using visitor = await SocketClient.hello(url);
      await visitor.nextOf("welcome");
      for (let number = 0; number < MESSAGES; number++) {
        visitor.send({ type: "send", cid: `c${number}`, content: `message ${number}` });
        await visitor.nextOf("acks");
      }
    }));
    const { acks, fsyncs, tooEarly } = read(await strace.end());
    deepEqual(tooEarly, []);
    // Frames that go out in one call are one here.
    ok(acks >= MESSAGES, `${acks} acks seen`);
    // A visitor who waits for each ack shares an fsync with the others at most.
    ok(fsyncs >= MESSAGES, `${fsyncs} fsyncs for ${acks} acks`);
  },
);
