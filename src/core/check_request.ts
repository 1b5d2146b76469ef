/**
 * Copies what is asked of a store, if it is allowed.
 *
 * @module
 */
import {
  checkFields,
  checkJson,
  checkJsonObject,
  checkOneOf,
  checkText,
  checkTexts,
  checkUid,
  checkWhole,
  refuse,
} from "./check.ts";
import { checkDraft, checkEdit } from "./check_draft.ts";
import type { DeliveryProgress } from "./delivery_progress.ts";
import type { JsonValue } from "./json.ts";
import type { Side } from "./message.ts";
import type { AppendRequest, ChangeRequest, ConnectionDraft } from "./ports.ts";

type Patch = ReadonlyMap<string, JsonValue | undefined>;

/** A copy of a new connection. */
export function checkConnection(draft: ConnectionDraft): ConnectionDraft {
  const action = "create a connection";
  const { ids, properties } = checkFields(action, "the draft", draft);
  checkFields(action, "ids", ids);
  return {
    uid: checkUid(action, draft.uid),
    ids: Object.freeze({ 1: checkId(action, ids[1]), 2: checkId(action, ids[2]) }),
    at: checkWhole(action, "at", draft.at, 0),
    ...(properties !== undefined && { properties: checkJsonObject(action, "properties", properties) }),
  };
}

/** An encoded id, or `null` for none. */
export function checkId(action: string, value: unknown): string | null {
  return typeof value === "string" || value === null
    ? value
    : refuse(action, "id", value, "are text and null");
}

/** A copy of what becomes of properties; `undefined` removes a key. */
export function checkPatch(patch: Patch): Patch {
  const action = "keep properties";
  checkFields(action, "the patch", patch);
  const copy = new Map<string, JsonValue | undefined>();
  for (const [key, value] of patch) {
    const name = checkText(action, "a key", key);
    copy.set(name, value === undefined ? undefined : checkJson(action, `[${JSON.stringify(key)}]`, value));
  }
  return copy;
}

/** A copy of a message to store. */
export function checkAppend({ side, draft, at, targets }: AppendRequest): AppendRequest {
  const action = "store a message";
  return {
    side: checkSide(action, side),
    draft: checkDraft(draft),
    at: checkWhole(action, "at", at, 0),
    targets: targets.map((target) => checkSide(action, target)),
  };
}

/** A copy of a change to store. */
export function checkChange({ seq, at, targets, change }: ChangeRequest): ChangeRequest {
  const action = "change a message";
  const checked = {
    seq: checkWhole(action, "seq", seq, 0),
    at: checkWhole(action, "at", at, 0),
    targets: targets.map((target) => checkSide(action, target)),
  };
  switch (change.type) {
    case "edit":
      return { ...checked, change: { type: "edit", ...checkEdit(change) } };
    case "fail":
      return { ...checked, change: { type: "fail", words: checkText(action, "words", change.words) } };
    case "delete":
      return { ...checked, change: { type: "delete" } };
  }
}

/** A copy of how far a delivery has come. */
export function checkProgress({ seq, rev, remoteIds }: DeliveryProgress): DeliveryProgress {
  const action = "confirm a delivery";
  return {
    ...(seq !== undefined && { seq: checkWhole(action, "seq", seq, 0) }),
    ...(rev !== undefined && { rev: checkWhole(action, "rev", rev, 0) }),
    ...(remoteIds !== undefined && {
      remoteIds: remoteIds.map(({ seq, ids }) => ({
        seq: checkWhole(action, "seq", seq, 0),
        ids: checkTexts(action, "remoteIds", ids),
      })),
    }),
  };
}

/** Where a page of history ends: a `seq`, or `Infinity` for the newest message. */
export function checkBefore(value: unknown): number {
  const action = "read messages";
  if (value === Infinity) return value;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse(action, "before", value, "are whole numbers from 0 and Infinity");
}

/** One of the two sides. */
export function checkSide(action: string, side: Side): Side {
  return checkOneOf<Side>(action, "side", side, [1, 2]);
}
