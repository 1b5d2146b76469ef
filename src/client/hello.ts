/**
 * The first frame of a socket.
 *
 * @module
 */
import type { VisitorIdentity } from "./identity.ts";
import { type HelloFrame, PROTOCOL_VERSION } from "../web/protocol.ts";

/** Where the visitor is. */
export interface PageInfo {
  /** Its address. */
  readonly url?: string;
  /** Its title. */
  readonly title?: string;
}

/** The page's address and title are a courtesy to staff; they mustn't make the frame too big. */
const MAX_PAGE_URL = 2_000;
const MAX_PAGE_TITLE = 200;

/**
 * Makes a `hello`.
 *
 * @param session The session to go on with, null for a new one.
 * @param after The highest `rev` known.
 * @param page Where the visitor is, if that is to be told.
 * @param locale The visitor's language, if known.
 * @param identity Who the visitor is, if the site says so.
 * @returns The frame.
 */
export function helloFrame(
  session: string | null,
  after: number,
  page: PageInfo | undefined,
  locale: string | undefined,
  identity: VisitorIdentity | null,
): HelloFrame {
  return {
    type: "hello",
    v: PROTOCOL_VERSION,
    session,
    after,
    ...(page === undefined ? {} : {
      page: {
        ...(page.url === undefined ? {} : { url: page.url.slice(0, MAX_PAGE_URL) }),
        ...(page.title === undefined ? {} : { title: page.title.slice(0, MAX_PAGE_TITLE) }),
      },
    }),
    ...(locale === undefined ? {} : { locale }),
    ...(identity === null ? {} : { identity }),
  };
}
