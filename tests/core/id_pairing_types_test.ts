/**
 * What the compiler must refuse: each `@ts-expect-error` is an error of its own when the line beneath it compiles. The programs are
 * never run for what they do, only where they must work.
 *
 * @module
 */
import { equal } from "node:assert/strict";
import { ChatBox as FileChatBox } from "../../src/mod.ts";
import {
  bigint,
  ChatBox,
  type Connection,
  type IdType,
  number,
  type ServiceOptions,
  type ServiceWorker,
  string,
  tuple,
  type Uuid,
  uuid,
} from "../../src/core/mod.ts";

/** Compiles if the two are the same type, neither wider nor narrower. */
function same<A, B>(
  ..._proof: (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? [] : [never]
): void {}

/** Compiled, not run. */
function compiles(_program: () => unknown): void {}

Deno.test("ChatBox takes UUIDs for ids where no id type is given, and the id type's where one is", async () => {
  await using box = new ChatBox({
    name: "types",
    service1: { name: "web" },
    service2: { name: "desk", idType: tuple(bigint, string) },
    debug: true,
  });
  same<typeof box.worker1, ServiceWorker<Uuid, [bigint, string]>>();
  box.worker2.setCreateCallback((visitor) => {
    same<typeof visitor, Uuid>();
    return [1n, visitor];
  });
  const visitor = await box.worker1.accessNewClient();
  same<typeof visitor, Uuid>();
  equal(await box.worker2.getUid([1n, visitor]), await box.worker1.getUid(visitor));
});

Deno.test("ChatBox does not compile without the id type of ids that are no UUIDs", () => {
  const [service1, service2] = [{ name: "a" }, { name: "b" }];
  const both = { name: "types", service1, service2 };
  compiles(() => new ChatBox<Uuid, Uuid>(both));
  // @ts-expect-error -- ids that are said to be text would be UUIDs
  compiles(() => new ChatBox<string, Uuid>(both));
  // @ts-expect-error -- the same, said by where the box goes
  compiles((): ChatBox<Uuid, string> => new ChatBox({ name: "types", service1, service2 }));
  // @ts-expect-error -- also of the box that keeps a file
  compiles(() => new FileChatBox<number, Uuid>(both));
  // @ts-expect-error -- a UUID or something else is not a UUID
  compiles((): ServiceOptions<Uuid | bigint> => ({ name: "a" }));
  compiles((): ServiceOptions<number> => ({ name: "a", idType: number }));
  // @ts-expect-error -- an id type of other ids
  compiles((): ServiceOptions<number> => ({ name: "a", idType: string }));
});

Deno.test("IdType stands for one type, not for a wider or a narrower one", () => {
  // @ts-expect-error -- it would be asked to encode any text
  compiles((): IdType<string> => uuid);
  // @ts-expect-error -- it would decode to any text
  compiles((): IdType<Uuid> => string);
  // @ts-expect-error -- it would be asked to encode numbers
  compiles((): IdType<bigint | number> => bigint);
  // @ts-expect-error -- at its place in a tuple, too
  compiles((): IdType<readonly [string]> => tuple(uuid));
});

Deno.test("ServiceWorker takes the ids of its own service only", () => {
  compiles((a: ServiceWorker<Uuid, bigint> = never(), id: Uuid = never(), peer: bigint = never()) => {
    a.getMessageSender(id);
    // @ts-expect-error -- the other service's id
    a.getMessageSender(peer);
    // @ts-expect-error -- any text
    a.getUid("ada");
    // @ts-expect-error -- makes the other service's ids
    a.setCreateCallback((peerId: bigint) => peerId);
    // @ts-expect-error -- is handed the other service's ids
    a.setCreateCallback((peerId: Uuid) => peerId);
    // @ts-expect-error -- receives for its own clients
    a.setReceivedMessageCallback((_message, delivery: { id: bigint }) => `${delivery.id}`);
    // @ts-expect-error -- sends for its own clients
    a.sendQueue.trySend({ id: peer, message: "x" });
  });
  // @ts-expect-error -- could be asked for any text
  compiles((a: ServiceWorker<Uuid, bigint> = never()): ServiceWorker<string, bigint> => a);
  // @ts-expect-error -- the two services changed about
  compiles((a: ServiceWorker<Uuid, bigint> = never()): ServiceWorker<bigint, Uuid> => a);
  // @ts-expect-error -- a box of other ids
  compiles((a: ChatBox<Uuid, bigint> = never()): ChatBox<string, bigint> => a);
  compiles(async (a: ServiceWorker<Uuid, bigint> = never(), connection: Connection = never()) => {
    same<Awaited<ReturnType<typeof a.peerIdOf>>, bigint | undefined>();
    return await a.idOf(connection);
  });
});

Deno.test("ServiceWorker cannot tell ids apart whose types fit each other, and can where they are branded", () => {
  type Ticket = string & { readonly __ticket: true };
  compiles((desk: ServiceWorker<string, Uuid> = never(), visitor: Uuid = never()) => {
    // It compiles, as docs/library.md says: a Uuid is a text.
    desk.getMessageSender(visitor);
  });
  compiles(
    (desk: ServiceWorker<Ticket, Uuid> = never(), visitor: Uuid = never(), ticket: Ticket = never()) => {
      desk.getMessageSender(ticket);
      // @ts-expect-error -- a text, but no ticket
      desk.getMessageSender(visitor);
    },
  );
});

function never(): never {
  throw new Error("compiled, not run");
}
