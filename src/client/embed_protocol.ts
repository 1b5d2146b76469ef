/**
 * What the widget's loader and the page in its frame say to each other.
 *
 * @module
 */

/** Marks messages as ours among all that pages post to each other. */
export const MARK = "chatbox50";

/** From the frame to the loader. */
export type FromFrame =
  | { readonly type: "ready" }
  | { readonly type: "unread"; readonly count: number }
  | { readonly type: "expired" }
  | { readonly type: "close" };

/** From the loader to the frame. */
export type ToFrame =
  | { readonly type: "shown"; readonly shown: boolean }
  | { readonly type: "page"; readonly url: string; readonly title: string }
  | { readonly type: "identify"; readonly identity: unknown };

/** A message with its mark. */
export type Marked<T> = T & { readonly [MARK]: 1 };
