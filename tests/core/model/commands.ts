import fc from "fast-check";
import type { Side } from "../../../src/core/mod.ts";
import type { Manner, Model, ModelMessage, World } from "./world.ts";

type Command = fc.AsyncCommand<Model, World>;

const clients = fc.constantFrom("ada", "bob", "cat");
const sides = fc.constantFrom<Side>(1, 2);
const manners = fc.constantFrom<Manner>(
  "takes",
  "refuses",
  "takes, then refuses",
  "is slow",
  "is away",
  "asks a queue",
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

const access = fc.tuple(sides, clients).map(([side, client]) =>
  command(`access(${side}, ${client})`, () => true, async (model, world) => {
    await world.access(side, client);
    if (!model.has(client)) model.set(client, []);
  })
);

const send = fc.tuple(sides, clients, fc.integer({ min: 1, max: 5 })).map(([side, client, count]) =>
  command(`send(${side}, ${client}, ${count})`, (model) => model.has(client), async (model, world) => {
    const messages = model.get(client) ?? [];
    const contents = Array.from({ length: count }, (_, index) => `${client} ${messages.length + index + 1}`);
    const stored = await Promise.all(contents.map((content) => world.send(side, client, content)));
    for (const { seq, content } of stored) messages.push({ side, seq, content, deleted: false });
  })
);

const edit = fc.tuple(clients, fc.nat(20), fc.nat(3)).map(([client, nth, version]) =>
  command(
    `edit(${client}, ${nth})`,
    (model) => pick(model, client, nth) !== undefined,
    async (model, world) => {
      const message = pick(model, client, nth);
      if (message === undefined) return;
      message.content = `${client} ${message.seq} version ${version}`;
      await world.edit(message.side, client, message.seq, message.content);
    },
  )
);

const remove = fc.tuple(clients, fc.nat(20)).map(([client, nth]) =>
  command(
    `delete(${client}, ${nth})`,
    (model) => pick(model, client, nth) !== undefined,
    async (model, world) => {
      const message = pick(model, client, nth);
      if (message === undefined) return;
      await world.delete(message.side, client, message.seq);
      message.content = "";
      message.deleted = true;
    },
  )
);

const behave = fc.tuple(sides, manners).map(([side, manner]) =>
  command(`side ${side} ${manner}`, () => true, (_model, world) => {
    world.behave(side, manner);
    return Promise.resolve();
  })
);

const advance = fc.integer({ min: 1, max: 60_000 }).map((ms) =>
  command(`advance(${ms})`, () => true, (_model, world) => {
    world.advance(ms);
    return Promise.resolve();
  })
);

const release = fc.constant(command("release", () => true, (_model, world) => {
  world.release();
  return Promise.resolve();
}));
const crash = fc.constant(command("crash", () => true, (_model, world) => world.crash()));
const restart = fc.constant(command("restart", () => true, (_model, world) => world.restart()));

/** Everything that may happen, sending more often than the rest. */
export const anything: readonly fc.Arbitrary<Command>[] = [
  access,
  send,
  send,
  send,
  edit,
  remove,
  behave,
  advance,
  release,
  crash,
  restart,
];
