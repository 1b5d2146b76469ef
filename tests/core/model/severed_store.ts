import { ChatBoxError, type Store } from "../../../src/core/mod.ts";

/** A store as a process sees it until it dies: what it had asked for may have happened, but it learns nothing of it. */
export interface SeverableStore {
  readonly store: Store;
  /** The process dies: nothing it still asks for happens. */
  sever(): void;
}

/** Puts a store that lives on behind one that can be cut off. */
export function severable(inner: Store): SeverableStore {
  let alive = true;
  const store = new Proxy(inner, {
    get(target, key): unknown {
      const member: unknown = Reflect.get(target, key);
      if (typeof member !== "function") return member;
      if (key === "close") return () => Promise.resolve();
      return async (...args: unknown[]): Promise<unknown> => {
        if (!alive) throw dead();
        const result: unknown = await Reflect.apply(member, target, args);
        if (!alive) throw dead();
        return result;
      };
    },
  });
  return { store, sever: () => void (alive = false) };
}

function dead(): ChatBoxError {
  return new ChatBoxError("closed", "Cannot use the store: the process is dead");
}
