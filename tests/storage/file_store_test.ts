import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { type ChatBoxError, randomUuid, type Side, type Uuid } from "../../src/core/mod.ts";
import type { NewFile, RoomLimits, Storage } from "../../src/storage/mod.ts";
import { Room } from "../../src/storage/room.ts";
import { type TempStorage, tempStorage } from "../support/temp_storage.ts";
import { PNG_1X2 } from "../support/pictures.ts";

const AT = 1_700_000_000_000;
const HOUR_MS = 60 * 60_000;
const DAY_MS = 24 * HOUR_MS;
const MIB = 1024 * 1024;

function body(...chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return ReadableStream.from(chunks);
}

function text(content: string): ReadableStream<Uint8Array> {
  return body(new TextEncoder().encode(content));
}

async function save(storage: Storage, file: Partial<NewFile> & { readonly uid: Uuid }): Promise<string> {
  const saved = await storage.files.save({
    side: 1,
    name: "a.txt",
    body: text("hello"),
    maxBytes: 1_000_000,
    at: AT,
    ...file,
  });
  if ("refused" in saved) throw new Error(saved.refused);
  return saved.file.id;
}

async function read(storage: Storage, id: string, range?: { start: number; end: number }): Promise<string> {
  return await new Response(await storage.files.read(id, range)).text();
}

function onDisk({ path }: TempStorage): readonly string[] {
  try {
    return [...Deno.readDirSync(`${path}-files`)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

async function connect(storage: Storage): Promise<Uuid> {
  const uid = randomUuid();
  await storage.store.createConnection({ uid, ids: { 1: uid, 2: null }, at: AT });
  return uid;
}

async function sendWith(
  storage: Storage,
  uid: Uuid,
  cid: string,
  ids: readonly string[],
  side: Side = 1,
): Promise<number> {
  const files = await storage.files.claim(uid, side, cid, ids);
  const draft = { content: "", cid, files };
  return (await storage.store.append(uid, { side, draft, at: AT, targets: [] })).message.seq;
}

const coded = (code: string) => (error: ChatBoxError): boolean => error.code === code;

Deno.test("FileStore gives back what was saved, whole and in parts, also after a restart", async () => {
  await using temp = await tempStorage();
  const uid = randomUuid();
  const saved = await temp.storage.files.save({
    uid,
    side: 1,
    name: "photo.exe",
    body: body(PNG_1X2.slice(0, 10), PNG_1X2.slice(10)),
    maxBytes: PNG_1X2.length,
    at: AT,
  });
  if (!("file" in saved)) throw new Error("refused");
  const { id, ...about } = saved.file;
  match(id, /^[A-Za-z0-9_-]{32}$/);
  deepEqual(about, { name: "photo.exe", type: "image/png", size: PNG_1X2.length, width: 1, height: 2 });
  const storage = await temp.reopen();
  deepEqual(await storage.files.find(id), { ...saved.file, uid, side: 1 });
  deepEqual(await new Response(await storage.files.read(id)).bytes(), PNG_1X2);
  deepEqual(
    await new Response(await storage.files.read(id, { start: 3, end: 12 })).bytes(),
    PNG_1X2.slice(3, 12),
  );
  equal(((await Deno.stat(`${temp.path}-files`)).mode ?? 0) & 0o777, 0o700);
});

Deno.test("FileStore refuses what is empty or too large, and keeps nothing of it", async () => {
  await using temp = await tempStorage();
  const request = { uid: randomUuid(), side: 1, name: "a", maxBytes: 4, at: AT } as const;
  deepEqual(await temp.storage.files.save({ ...request, body: text("hello") }), { refused: "too_large" });
  deepEqual(await temp.storage.files.save({ ...request, body: body() }), { refused: "empty" });
  deepEqual(onDisk(temp), []);
  equal("file" in await temp.storage.files.save({ ...request, body: text("four") }), true);
});

Deno.test("FileStore reads no further than it may, and never holds a file whole", async () => {
  await using temp = await tempStorage();
  const chunk = new Uint8Array(64 * 1024);
  let given = 0;
  let cancelled = false;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller): void {
      given++;
      controller.enqueue(chunk);
    },
    cancel(): void {
      cancelled = true;
    },
  });
  const request = { uid: randomUuid(), side: 1, name: "a", maxBytes: 10 * chunk.length, at: AT } as const;
  deepEqual(await temp.storage.files.save({ ...request, body: endless }), { refused: "too_large" });
  deepEqual([given <= 13, cancelled], [true, true]);
});

Deno.test("FileStore keeps nothing of a file that ends early or is given up", async () => {
  await using temp = await tempStorage();
  const failing = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(1_000)),
    pull: (controller) => controller.error(new Error("the line is cut")),
  });
  const uid = randomUuid();
  await rejects(save(temp.storage, { uid, body: failing }), /the line is cut/);
  const giveUp = new AbortController();
  const silent = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(1_000)),
    pull: () => giveUp.abort(new Error("stalled")),
  }, { highWaterMark: 0 });
  await rejects(save(temp.storage, { uid, body: silent, signal: giveUp.signal }), /stalled/);
  deepEqual(onDisk(temp), []);
});

Deno.test("FileStore says overloaded when the disk does not take it, and names no path", async () => {
  await using temp = await tempStorage();
  await Deno.writeTextFile(`${temp.path}-files`, "a file where the folder should be");
  await rejects(
    save(temp.storage, { uid: randomUuid() }),
    (error: ChatBoxError) => error.code === "overloaded" && !error.message.includes(temp.path),
  );
});

const NAMES: readonly (readonly [name: string, kept: string])[] = [
  ["photo.png", "photo.png"],
  ["../../etc/passwd", "passwd"],
  ["C:\\temp\\a.txt", "a.txt"],
  ["a\0b\r\nc\x1b.txt", "abc.txt"],
  ["invoice\u202efdp.exe", "invoicefdp.exe"],
  ["", "file"],
  ["..", "file"],
  ["日本語 🎌.txt", "日本語 🎌.txt"],
  [`${"𝄞".repeat(300)}.jpeg`, `${"𝄞".repeat(115)}.jpeg`],
  ["\ud800.txt", "\ufffd.txt"],
];

Deno.test("FileStore cleans names and keeps their endings", async () => {
  await using temp = await tempStorage();
  for (const [name, kept] of NAMES) {
    const id = await save(temp.storage, { uid: randomUuid(), name });
    equal((await temp.storage.files.find(id))?.name, kept);
  }
});

Deno.test("[O3] FileStore lets a message name its own side's unused files only, and the same message again", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const [uid, other] = [await connect(storage), await connect(storage)];
  const [a, b, strangers, staffs] = [
    await save(storage, { uid }),
    await save(storage, { uid }),
    await save(storage, { uid: other }),
    await save(storage, { uid, side: 2 }),
  ];
  for (const ids of [[strangers], [staffs], ["none"], [a, strangers], [a, a]]) {
    await rejects(storage.files.claim(uid, 1, "m1", ids), coded("not_found"));
  }
  await sendWith(storage, uid, "m1", [a, b]);
  equal((await storage.files.claim(uid, 1, "m1", [a, b])).length, 2);
  await rejects(storage.files.claim(uid, 1, "m2", [a]), coded("not_found"));
});

Deno.test("FileStore keeps what a message names, and removes what none has named within a day", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = await connect(storage);
  const [used, unused, promised] = [
    await save(storage, { uid }),
    await save(storage, { uid }),
    await save(storage, { uid }),
  ];
  await sendWith(storage, uid, "m1", [used]);
  await storage.files.claim(uid, 1, "never sent", [promised]);
  // A message of another conversation keeps nothing of this one's.
  const files = [{ id: unused, name: "a.txt", type: "text/plain", size: 5 }];
  const draft = { content: "", files };
  await storage.store.append(await connect(storage), { side: 1, draft, at: AT, targets: [] });
  await storage.files.sweep(AT + DAY_MS);
  equal(onDisk(temp).length, 3);
  await storage.files.sweep(AT + DAY_MS + 1);
  deepEqual(onDisk(temp), [used]);
  equal(await read(storage, used), "hello");
  equal(await storage.files.find(unused), undefined);
});

Deno.test("FileStore keeps what waits for a conversation that has not begun for an hour only", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const begun = await save(storage, { uid: await connect(storage) });
  await save(storage, { uid: randomUuid() });
  await storage.files.sweep(AT + HOUR_MS);
  equal(onDisk(temp).length, 2);
  await storage.files.sweep(AT + HOUR_MS + 1);
  deepEqual(onDisk(temp), [begun]);
});

const ANY_ROOM: RoomLimits = {
  leastCounted: MIB / 4,
  unsentOfVisitor: 0,
  unsentOfAddress: 0,
  unsent: 0,
  keepFree: 0,
};

function saveWithin(
  storage: Storage,
  room: Partial<RoomLimits>,
  uid: Uuid,
  address = "192.0.2.1",
): ReturnType<Storage["files"]["saveWithin"]> {
  const file = { uid, address, side: 1, name: "a", body: text("x"), maxBytes: MIB, at: AT } as const;
  return storage.files.saveWithin({ ...ANY_ROOM, ...room }, file);
}

Deno.test("FileStore lets no more wait than a visitor may have, and all together, until it is sent or removed", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const [uid, other] = [await connect(storage), await connect(storage)];
  const attempt = async (who: Uuid, room: RoomLimits): Promise<unknown> => {
    const saved = await saveWithin(storage, room, who);
    return "refused" in saved ? saved.refused : saved.file.id;
  };
  // However small, a file counts as a quarter of a MiB; one that comes, as much as may come.
  const [first] = [await save(storage, { uid }), await save(storage, { uid })];
  equal(await attempt(uid, { ...ANY_ROOM, unsentOfVisitor: 1.5 * MIB - 1 }), "visitor_full");
  match(
    String(await attempt(other, { ...ANY_ROOM, unsentOfVisitor: MIB, unsent: 1.5 * MIB })),
    /^[\w-]{32}$/,
  );
  await sendWith(storage, uid, "m1", [first]);
  match(String(await attempt(uid, { ...ANY_ROOM, unsentOfVisitor: 1.25 * MIB })), /^[\w-]{32}$/);
  await storage.files.sweep(AT + DAY_MS + 1);
  match(String(await attempt(other, { ...ANY_ROOM, unsent: MIB })), /^[\w-]{32}$/);
});

Deno.test("[S3] FileStore lets no address have more waiting than its part, however many visitors it is", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const room = { unsentOfAddress: 1.5 * MIB };
  const one = await saveWithin(storage, room, randomUuid());
  for (let i = 0; i < 2; i++) equal("file" in await saveWithin(storage, room, randomUuid()), true);
  deepEqual(await saveWithin(storage, room, randomUuid()), { refused: "address_full" });
  equal("file" in await saveWithin(storage, room, randomUuid(), "192.0.2.2"), true);
  // What was sent or has gone waits no more.
  if ("refused" in one) throw new Error(one.refused);
  await storage.files.sweep(AT + DAY_MS + 1);
  equal("file" in await saveWithin(storage, room, randomUuid()), true);
});

Deno.test("[S3] FileStore lets the address with most waiting make room, also after a restart, and never of what is being sent", async () => {
  await using temp = await tempStorage();
  let storage = temp.storage;
  const room = { unsent: 2 * MIB };
  const flooder = await connect(storage);
  const flood: string[] = [];
  for (let i = 0; i < 5; i++) {
    const saved = await saveWithin(storage, room, flooder);
    if ("file" in saved) flood.push(saved.file.id);
  }
  equal(flood.length, 5);
  const [oldest = ""] = flood;
  await storage.files.claim(flooder, 1, "c", [oldest]);
  // The flooder makes room for nobody but others: five files and one that comes would be 2.25 MiB.
  deepEqual(await saveWithin(storage, room, flooder), { refused: "full" });
  equal("file" in await saveWithin(storage, room, randomUuid(), "192.0.2.2"), true);
  const left = async (): Promise<number> =>
    (await Promise.all(flood.map((id) => storage.files.find(id)))).filter((file) => file !== undefined)
      .length;
  equal(await left(), 4);
  equal(onDisk(temp).length, 5);
  storage = await temp.reopen();
  equal("file" in await saveWithin(storage, room, randomUuid(), "192.0.2.3"), true);
  equal(onDisk(temp).length, 5);
  equal((await storage.files.find(oldest))?.id, oldest);
});

Deno.test("Room counts what is on its way as if all of it came, until it has left", async () => {
  let free = 10 * MIB;
  const room = new Room({
    unsent: () => 0,
    free: () => Promise.resolve(free),
    drop: () => Promise.resolve(false),
  });
  const [uid, neighbour, other] = [
    { uid: randomUuid(), address: "192.0.2.1" },
    { uid: randomUuid(), address: "192.0.2.1" },
    { uid: randomUuid(), address: "192.0.2.2" },
  ];
  const limits = {
    ...ANY_ROOM,
    unsentOfVisitor: 2 * MIB,
    unsentOfAddress: 2.5 * MIB,
    unsent: 3 * MIB,
    keepFree: 7 * MIB,
  };
  const first = await room.take(uid, 2 * MIB, limits);
  equal(await room.take(uid, 1, limits), "visitor_full");
  equal(await room.take(neighbour, MIB, limits), "address_full");
  equal(await room.take(other, 2 * MIB, limits), "full");
  if (typeof first === "string") throw new Error(first);
  first.leave();
  // Two at once: each sees the other.
  const both = await Promise.all([uid, other].map((one) => room.take(one, 1.5 * MIB, limits)));
  deepEqual(both.map((place) => typeof place), ["object", "object"]);
  for (const place of both) if (typeof place === "object") place.leave();
  free = 7 * MIB;
  equal(await room.take(uid, 1, limits), "disk_full");
  free += 2 * MIB;
  const coming = await room.take(uid, 2 * MIB, limits);
  if (typeof coming === "string") throw new Error(coming);
  equal(await room.take(other, 1, limits), "disk_full");
  // What it has written is not free any more, and not to come any more.
  coming.wrote(1.5 * MIB);
  free -= 1.5 * MIB;
  equal(await room.take(other, 1, limits), "disk_full");
  free += 256 * 1024;
  equal(typeof await room.take(other, 1, limits), "object");
});

Deno.test("[D5] FileStore refuses a file that would leave too little of the disk free, and keeps nothing of it", async () => {
  await using temp = await tempStorage();
  const saved = await saveWithin(temp.storage, { keepFree: Number.MAX_SAFE_INTEGER }, randomUuid());
  deepEqual(saved, { refused: "disk_full" });
  deepEqual(onDisk(temp), []);
});

Deno.test("FileStore counts what of a file is written as what is free no more", async () => {
  await using temp = await tempStorage();
  const written: number[] = [];
  await save(temp.storage, {
    uid: randomUuid(),
    body: body(new Uint8Array(3), new Uint8Array(4)),
    onWritten: (bytes) => void written.push(bytes),
  });
  deepEqual(written, [3, 4]);
});

Deno.test("FileStore gives a deleted message's files to nobody, at once, and then removes them", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = await connect(storage);
  const [gone, kept] = [await save(storage, { uid }), await save(storage, { uid })];
  const seq = await sendWith(storage, uid, "m1", [gone]);
  await sendWith(storage, uid, "m2", [kept]);
  await storage.store.change(uid, { seq, at: AT, targets: [], change: { type: "delete" } });
  equal(await storage.files.find(gone), undefined);
  equal(onDisk(temp).length, 2);
  await storage.files.sweep(AT);
  deepEqual(onDisk(temp), [kept]);
});

Deno.test("FileStore follows an edit that takes a file away and brings another", async () => {
  await using temp = await tempStorage();
  const { storage } = temp;
  const uid = await connect(storage);
  const [gone, kept, added] = [
    await save(storage, { uid, side: 2 }),
    await save(storage, { uid, side: 2 }),
    await save(storage, { uid, side: 2 }),
  ];
  const seq = await sendWith(storage, uid, "d1", [gone, kept], 2);
  const files = await storage.files.claim(uid, 2, "d1", [kept, added]);
  await storage.store.change(uid, { seq, at: AT, targets: [], change: { type: "edit", content: "", files } });
  await storage.files.sweep(AT + 2 * DAY_MS);
  deepEqual([...onDisk(temp)].sort(), [kept, added].sort());
});

Deno.test("FileStore removes at its start what another process left unfinished, and nothing that is not its own", async () => {
  await using temp = await tempStorage();
  const id = await save(temp.storage, { uid: randomUuid() });
  await Deno.writeTextFile(`${temp.path}-files/${"x".repeat(32)}`, "half of a fi");
  await Deno.writeTextFile(`${temp.path}-files/README`, "mine");
  await (await temp.reopen()).files.sweepStrays();
  deepEqual([...onDisk(temp)].sort(), [id, "README"].sort());
});

Deno.test("FileStore knows no file by an id that could be a path", async () => {
  await using temp = await tempStorage();
  equal(await temp.storage.files.find("../test.db"), undefined);
  await rejects(temp.storage.files.read("../test.db"), RangeError);
});

Deno.test({
  name: "[S4] FileStore keeps no descriptor of a file that the disk does not give",
  // Where descriptors are told by a folder.
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using temp = await tempStorage();
    const id = await save(temp.storage, { uid: randomUuid() });
    const path = `${temp.path}-files/${id}`;
    await Deno.remove(path);
    await Deno.mkdir(path);
    for (let tries = 0; tries < 10; tries++) {
      await rejects(read(temp.storage, id), Deno.errors.IsADirectory);
      await rejects(read(temp.storage, id, { start: -1, end: 1 }), TypeError);
    }
    equal(descriptorsOf(path), 0);
  },
});

/** How many descriptors of a file this process has. Tests of other files run in it, too. */
function descriptorsOf(path: string): number {
  return [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
    try {
      return Deno.readLinkSync(`/proc/self/fd/${name}`) === path;
    } catch (error) {
      // Closed since it was listed.
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  }).length;
}
