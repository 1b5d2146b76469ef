import type { CommandContext } from "../../src/app/operations.ts";
import { parseConfig } from "../../src/config.ts";
import { silentLogger, type Uuid } from "../../src/core/mod.ts";
import type { Storage } from "../../src/storage/mod.ts";

/** What a command was given, and what it has said. */
export interface TestContext extends CommandContext {
  readonly printed: string[];
  readonly progressed: string[];
}

/** A context for a command on a database, without a token where no flags give one. */
export function contextFor(
  databasePath: string,
  signal = new AbortController().signal,
  flags: readonly string[] = [],
): TestContext {
  const printed: string[] = [];
  const progressed: string[] = [];
  return {
    config: parseConfig({
      args: [`--database-path=${databasePath}`, ...flags],
      env: {},
      readFile: () => {
        throw new Deno.errors.NotFound();
      },
    }),
    logger: silentLogger,
    print: (text) => printed.push(text) > 0,
    progress: (text) => void progressed.push(text),
    signal,
    printed,
    progressed,
  };
}

/** Everything that tells who a {@link visitor} was. */
export interface Traces {
  readonly uid: Uuid;
  readonly texts: readonly string[];
  readonly subject: Uint8Array;
  readonly session: Uint8Array;
}

/** A visitor with a name, an e-mail address, a thread, a session, an identity, messages, and files sent and not yet sent. */
export async function visitor(storage: Storage, word: string, at = 1_700_000_000_000): Promise<Traces> {
  const { store, files } = storage;
  const uid = crypto.randomUUID() as Uuid;
  const [subject, session] = [
    crypto.getRandomValues(new Uint8Array(32)),
    crypto.getRandomValues(new Uint8Array(32)),
  ];
  await store.createConnection({ uid, ids: { 1: uid, 2: null }, at });
  await store.setId(uid, 2, `1${word}thread`);
  await store.setProperties(uid, new Map([["name", `${word}name`], ["email", `${word}@mail.example`]]));
  await storage.sessions.save(session, uid, at);
  await storage.identities.claim(subject, uid);
  for (const cid of ["sent", "waiting"]) {
    const body = new Blob([`${word}bytes of a file `.repeat(50)]).stream();
    const saved = await files.save({ uid, side: 1, name: `${word}file-${cid}.txt`, body, maxBytes: 1e6, at });
    if (!("file" in saved)) throw new Error("the file was refused");
    const draft = { content: `${word}words `.repeat(40), cid: `${word}cid`, files: [saved.file] };
    if (cid === "sent") await store.append(uid, { side: 1, draft, at, targets: [2] });
  }
  const author = { name: `${word}author` };
  await store.append(uid, {
    side: 2,
    draft: { content: `${word}answer`, author, remoteIds: [`${word}remote`] },
    at,
    targets: [],
  });
  await store.change(uid, { seq: 1, at, targets: [2], change: { type: "edit", content: `${word}edited` } });
  await store.setNote(uid, 2, { plan: `${word}note` });
  return { uid, texts: [word, uid], subject, session };
}

/** Which of some texts stand anywhere in a folder, in the names of files or in their bytes. */
export function found(folder: string, texts: readonly (string | Uint8Array)[]): readonly string[] {
  const hits: string[] = [];
  const look = (path: string): void => {
    for (const entry of Deno.readDirSync(path)) {
      const inner = `${path}/${entry.name}`;
      if (entry.isDirectory) {
        look(inner);
        continue;
      }
      const bytes = inner + latin1(Deno.readFileSync(inner));
      for (const text of texts) {
        const needle = typeof text === "string" ? text : latin1(text);
        if (bytes.includes(needle)) hits.push(`${needle} in ${inner}`);
      }
    }
  };
  look(folder);
  return hits;
}

function latin1(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
