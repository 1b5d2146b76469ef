/**
 * What a site's own scripts can do with the widget: `window.ChatBox50`.
 *
 * @module
 */

/** What the widget tells the site, with what comes along. */
export interface WidgetEvents {
  /** The number of unread messages changed. */
  readonly unread: number;
  readonly open: undefined;
  readonly close: undefined;
  /** The visitor's token was refused or has expired: `identify` with a fresh one goes on. */
  readonly expired: undefined;
}

/** Who the visitor is, from the site's own server. */
export interface WidgetIdentity {
  /** A JWT signed by the site's own server (HS256, with `sub` and `exp`); null signs out. */
  readonly token?: string | null;
  /** Without a token, staff sees these as claimed, not verified. */
  readonly name?: string;
  readonly email?: string;
}

/** The widget's programming interface. */
export interface WidgetApi {
  /** Opens the chat. */
  readonly open: () => void;
  /** Closes it; the conversation stays. */
  readonly close: () => void;
  readonly toggle: () => void;
  /** Hears of what happens. Returns how to stop. */
  readonly on: <K extends keyof WidgetEvents>(
    event: K,
    listener: (value: WidgetEvents[K]) => void,
  ) => () => void;
  /** Says who the visitor is, null for nobody; passed on when the chat is opened. */
  readonly identify: (identity: WidgetIdentity | null) => void;
}

declare global {
  /** The widget, or functions that wait for it. */
  // Only a `var` is a property of the global object.
  var ChatBox50: WidgetApi | ((api: WidgetApi) => void)[] | undefined;
}
