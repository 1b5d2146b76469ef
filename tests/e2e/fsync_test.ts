import { deepEqual } from "node:assert/strict";
import { MAY_NOT_TRACE, Strace } from "../support/strace.ts";
import { SocketClient } from "../support/socket_client.ts";
import { RELAXED, World } from "./world.ts";

const TRACED = { ...RELAXED, ignore: MAY_NOT_TRACE };

const MESSAGES = 30;
const VISITORS = 4;
const CALLS = "trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync";
/** Whole pages of the log, and whole frames. */
const SHOWN_BYTES = "16384";
/** A message's text and its `cid` are the same, and nowhere else. */
const MARK = /mark-\d-\d+-end/g;

/** What the calls say about each message. */
interface Order {
  /** How many were acked. */
  readonly acked: number;
  /** Those acked before a page of the log with their text was written, and those acked before an fsync after that. */
  readonly unwritten: readonly string[];
  readonly unforced: readonly string[];
}

function read(calls: readonly string[]): Order {
  const [written, forced, acked] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const [unwritten, unforced]: [string[], string[]] = [[], []];
  for (const call of whole(calls)) {
    const marks = call.match(MARK) ?? [];
    if (/chatbox50\.db-wal>/.test(call)) {
      if (/\bp?write/.test(call)) marks.forEach((mark) => written.add(mark));
      else if (/\bf(data)?sync\(.*= 0$/.test(call)) written.forEach((mark) => forced.add(mark));
    } else if (/"type\\":\\"acks/.test(call)) {
      for (const mark of marks) {
        acked.add(mark);
        if (!written.has(mark)) unwritten.push(mark);
        else if (!forced.has(mark)) unforced.push(mark);
      }
    }
  }
  return { acked: acked.size, unwritten, unforced };
}

/** Calls on the log when they have ended, others when they begin: strace parts in two what another thread's call comes between. */
function* whole(calls: readonly string[]): Generator<string> {
  const begun = new Map<string, string>();
  for (const call of calls) {
    const [thread = ""] = call.split(" ");
    const first = call.split(" <unfinished ...>", 1)[0] ?? call;
    if (first !== call && first.includes("chatbox50.db-wal>")) begun.set(thread, first);
    else if (call.includes(" resumed>")) {
      const [, rest = ""] = call.split(" resumed>");
      yield `${begun.get(thread) ?? ""}${rest}`;
      begun.delete(thread);
    } else yield first;
  }
}

Deno.test(
  "[D1] End to end: no ack goes out before its message was written to the log of the database and forced to the disk",
  TRACED,
  async () => {
    await using world = await World.start();
    const server = await world.server();
    const url = await server.url();
    await using strace = await Strace.attach(server.pid, ["-y", "-s", SHOWN_BYTES, "-e", CALLS]);
    await Promise.all(Array.from({ length: VISITORS }, async (_, index) => {
      await using visitor = await SocketClient.hello(url);
      await visitor.nextOf("welcome");
      for (let number = 0; number < MESSAGES; number++) {
        const mark = `mark-${index}-${number}-end`;
        visitor.send({ type: "send", cid: mark, content: mark });
        await visitor.nextOf("acks");
      }
    }));
    deepEqual(read(await strace.end()), { acked: MESSAGES * VISITORS, unwritten: [], unforced: [] });
  },
);
