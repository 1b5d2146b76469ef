import { openStorage } from "../../src/storage/mod.ts";
import { isUuid } from "../../src/core/mod.ts";

const AT_ONCE = 4_000;

/** Sessions of visitors in a database full of messages. */
export interface History {
  readonly sessions: readonly string[];
}

/**
 * Fills a new database, with messages in turn over all conversations as they come in real life.
 *
 * @param path where it is made
 */
export async function writeHistory(
  path: string,
  messages: number,
  perConversation: number,
): Promise<History> {
  await using storage = openStorage(path);
  const count = Math.ceil(messages / perConversation);
  const visitors = Array.from({ length: count }, (_, index) => {
    const uid = crypto.randomUUID();
    if (!isUuid(uid)) throw new TypeError("not a UUID");
    return { uid, secret: `${index}`.padStart(43, "A") };
  });
  await Promise.all(visitors.map(async ({ uid, secret }) => {
    await storage.store.createConnection({ uid, ids: { 1: uid, 2: null }, at: 1 });
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret));
    await storage.sessions.save(new Uint8Array(hash), uid, 1);
  }));
  for (let done = 0; done < messages; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, messages - done) }, (_, index) => {
      const number = done + index;
      const visitor = visitors[number % count];
      if (visitor === undefined) throw new RangeError("no such visitor");
      const draft = { cid: `c${number}`, content: `message ${number} ${"x".repeat(80)}` };
      return storage.store.append(visitor.uid, { side: 1, draft, at: number, targets: [] });
    }));
  }
  return { sessions: visitors.map(({ uid, secret }) => `${uid}.${secret}`) };
}
