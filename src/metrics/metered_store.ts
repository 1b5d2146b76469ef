import type {
  Appended,
  AppendRequest,
  Changed,
  ChangeRequest,
  Deliverable,
  DeliveryProgress,
  Side,
  Store,
  Uuid,
} from "../core/mod.ts";

/** What a store has done, for whoever counts. */
export interface StoreMetrics {
  /** A new message of a side is on disk, so long after it came in. */
  accepted(from: Side, durationMs: number): void;
  /** A message has arrived at a side, so long after it was stored. */
  delivered(to: Side, latencyMs: number): void;
  /** A message will never arrive at a side. */
  failed(to: Side): void;
}

interface Waiting {
  readonly seq: number;
  readonly createdAt: number;
}

/**
 * Tells what passes through a store.
 *
 * @param now Unix milliseconds
 * @returns the same store to everyone else
 */
export function meteredStore(store: Store, metrics: StoreMetrics, now: () => number): Store {
  /** What was handed out for delivery and is not confirmed; a courier a side has at most one batch. */
  const handed: Readonly<Record<Side, Map<Uuid, readonly Waiting[]>>> = { 1: new Map(), 2: new Map() };
  const keep = (side: Side, uid: Uuid, waiting: readonly Waiting[]): void => {
    if (waiting.length === 0) handed[side].delete(uid);
    else handed[side].set(uid, waiting);
  };
  const own = {
    append(uid: Uuid, request: AppendRequest): Promise<Appended> {
      return store.append(uid, request).then((appended) => {
        if (!appended.duplicate) metrics.accepted(request.side, now() - request.at);
        return appended;
      });
    },
    async change(uid: Uuid, request: ChangeRequest): Promise<Changed> {
      const changed = await store.change(uid, request);
      if (request.change.type === "fail" && changed.changed) {
        const to = changed.message.side === 1 ? 2 : 1;
        keep(to, uid, (handed[to].get(uid) ?? []).filter(({ seq }) => seq !== request.seq));
        metrics.failed(to);
      }
      return changed;
    },
    async deliverable(uid: Uuid, side: Side, limit: number, echo: boolean): Promise<Deliverable> {
      const waiting = await store.deliverable(uid, side, limit, echo);
      keep(side, uid, waiting.messages.map(({ seq, createdAt }) => ({ seq, createdAt })));
      return waiting;
    },
    async confirm(uid: Uuid, side: Side, progress: DeliveryProgress): Promise<void> {
      await store.confirm(uid, side, progress);
      const upTo = progress.seq ?? 0;
      const waiting = handed[side].get(uid) ?? [];
      keep(side, uid, waiting.filter(({ seq }) => seq > upTo));
      for (const { seq, createdAt } of waiting) if (seq <= upTo) metrics.delivered(side, now() - createdAt);
    },
  };
  const bound = new Map<PropertyKey, unknown>(Object.entries(own));
  return new Proxy(store, {
    get(target, key): unknown {
      if (bound.has(key)) return bound.get(key);
      const value = Reflect.get(target, key, target);
      if (typeof value !== "function") return value;
      // Private fields are found on the store itself only.
      const method = value.bind(target);
      bound.set(key, method);
      return method;
    },
  });
}
