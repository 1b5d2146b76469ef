import {
  ChatBoxError,
  type MessageDraft,
  randomUuid,
  type Side,
  type Store,
  type Uuid,
} from "../../../src/core/mod.ts";

/** A store under test, and how to open the same one again after it was closed; `undefined` when it forgets. */
export interface StoreFixture extends AsyncDisposable {
  readonly store: Store;
  reopen?(): Promise<Store>;
}

/** Registers a test that gets a store of its own. */
export type StoreTest = (
  title: string,
  run: (store: Store, fixture: StoreFixture) => Promise<void>,
) => void;

/** When everything happens here, in Unix milliseconds. */
export const AT = 1_700_000_000_000;

/** Makes a connection and gives its uid. */
export async function connect(store: Store, id1: string, id2: string | null): Promise<Uuid> {
  const uid = randomUuid();
  await store.createConnection({ uid, ids: { 1: id1, 2: id2 }, at: AT });
  return uid;
}

/** Stores a message. */
export function append(
  store: Store,
  uid: Uuid,
  side: Side,
  draft: MessageDraft,
  targets: readonly Side[] = [],
): ReturnType<Store["append"]> {
  return store.append(uid, { side, draft, at: AT, targets });
}

/** Whether an error is the library's own, with a code. */
export function coded(code: string): (error: unknown) => boolean {
  return (error) => error instanceof ChatBoxError && error.code === code;
}
