import fc from "fast-check";
import type { Side } from "../../../src/core/mod.ts";
import type { Manner, Model, ModelMessage, World } from "./world.ts";

/** A step of a run. */
export type Command = fc.AsyncCommand<Model, World>;

const clients = fc.constantFrom("ada", "bob", "cat");
const sides = fc.constantFrom<Side>(1, 2);
const manners = fc.constantFrom<Manner>(
  "takes",
  "refuses",
  "takes, then refuses",
  "is slow",
  "is away",
  "asks a queue",
  "leaves its queue after each message",
  "wants to be asked later",
  "refuses for good",
  "takes, and its own as well",
);

function command(
  name: string,
  check: (model: Model) => boolean,
  run: (model: Model, world: World) => Promise<void>,
): Command {
  return { check, run, toString: () => name };
}

/** A message that a command may change: the model's `nth` that is not deleted. */
function pick(model: Model, client: string, nth: number): ModelMessage | undefined {
  const alive = (model.get(client) ?? []).filter(({ deleted }) => !deleted);
  return alive[nth % Math.max(1, alive.length)];
}

/** A client of a side is there. */
export function access(side: Side, client: string): Command {
  return command(`access(${side}, ${client})`, () => true, async (model, world) => {
    await world.access(side, client);
    if (!model.has(client)) model.set(client, []);
  });
}

/** A client is there on both sides at once, twice. */
export function accessAtOnce(client: string): Command {
  return command(`accessAtOnce(${client})`, () => true, async (model, world) => {
    await Promise.all(([1, 2, 1, 2] as const).map((side) => world.access(side, client)));
    if (!model.has(client)) model.set(client, []);
  });
}

/** A client of a side is gone for now. */
export function deactivate(side: Side, client: string): Command {
  return command(
    `deactivate(${side}, ${client})`,
    known(client),
    (_model, world) => world.deactivate(side, client),
  );
}

/** A client comes back while it is still going. */
export function comeBack(side: Side, client: string): Command {
  return command(`comeBack(${side}, ${client})`, known(client), async (_model, world) => {
    await Promise.all([world.deactivate(side, client), world.access(side, client)]);
  });
}

/** A side takes a client's messages from a queue of its own. */
export function openQueue(side: Side, client: string): Command {
  return command(
    `openQueue(${side}, ${client})`,
    known(client),
    (_model, world) => Promise.resolve(world.openQueue(side, client)),
  );
}

/** And no longer does. */
export function closeQueue(side: Side, client: string): Command {
  return command(
    `closeQueue(${side}, ${client})`,
    known(client),
    (_model, world) => Promise.resolve(world.closeQueue(side, client)),
  );
}

/** A client sends some messages. */
export function send(side: Side, client: string, count: number): Command {
  return command(`send(${side}, ${client}, ${count})`, known(client), async (model, world) => {
    const messages = model.get(client) ?? [];
    const contents = Array.from({ length: count }, (_, index) => `${client} ${messages.length + index + 1}`);
    const stored = await Promise.all(contents.map((content) => world.send(side, client, content)));
    for (const { seq, content } of stored) messages.push({ side, seq, content, deleted: false });
  });
}

/** The sender changes one of a client's messages. */
export function edit(client: string, nth: number, version: number): Command {
  const exists = (model: Model): boolean => pick(model, client, nth) !== undefined;
  return command(`edit(${client}, ${nth}, ${version})`, exists, async (model, world) => {
    const message = pick(model, client, nth);
    if (message === undefined) return;
    const content = `${client} ${message.seq} version ${version}`;
    if (await world.edit(message.side, client, message.seq, content)) message.content = content;
  });
}

/** The sender deletes one of a client's messages. */
export function remove(client: string, nth: number): Command {
  const exists = (model: Model): boolean => pick(model, client, nth) !== undefined;
  return command(`remove(${client}, ${nth})`, exists, async (model, world) => {
    const message = pick(model, client, nth);
    if (message === undefined) return;
    await world.delete(message.side, client, message.seq);
    message.content = "";
    message.deleted = true;
  });
}

/** From now on a side's service takes deliveries like this. */
export function behave(side: Side, manner: Manner): Command {
  return command(
    `behave(${side}, ${manner})`,
    () => true,
    (_model, world) => Promise.resolve(world.behave(side, manner)),
  );
}

/** Time passes. */
export function advance(ms: number): Command {
  return command(`advance(${ms})`, () => true, (_model, world) => Promise.resolve(world.advance(ms)));
}

/** Those who were slow come back. */
export const release = command("release", () => true, (_model, world) => Promise.resolve(world.release()));

/** The process dies, and another one is started. */
export const crash = command("crash", () => true, (_model, world) => world.crash());

/** The process ends in good order, and another one is started. */
export const restart = command("restart", () => true, (_model, world) => world.restart());

function known(client: string): (model: Model) => boolean {
  return (model) => model.has(client);
}

const sending = fc.tuple(sides, clients, fc.integer({ min: 1, max: 5 })).map((args) => send(...args));

/** Everything that may happen, sending more often than the rest. */
export const anything: readonly fc.Arbitrary<Command>[] = [
  fc.tuple(sides, clients).map((args) => access(...args)),
  clients.map(accessAtOnce),
  fc.tuple(sides, clients).map((args) => deactivate(...args)),
  fc.tuple(sides, clients).map((args) => comeBack(...args)),
  fc.tuple(sides, clients).map((args) => openQueue(...args)),
  fc.tuple(sides, clients).map((args) => closeQueue(...args)),
  sending,
  sending,
  sending,
  fc.tuple(clients, fc.nat(20), fc.nat(3)).map((args) => edit(...args)),
  fc.tuple(clients, fc.nat(20)).map((args) => remove(...args)),
  fc.tuple(sides, manners).map((args) => behave(...args)),
  fc.integer({ min: 1, max: 60_000 }).map(advance),
  fc.constant(release),
  fc.constant(crash),
  fc.constant(restart),
];
