import { SignJWT } from "jose";
import type { BrowserContext, Page } from "playwright-core";
import type {} from "../../../src/client/widget/api.ts";
import { type HostPage, HostSite } from "../../support/host_site.ts";
import { Stage, Visitor } from "./stage.ts";

/** What the chat and the site's own server share. */
const SECRET = "a-secret-of-the-tea-shop-and-the-chat-long-enough";

/** What the site's own server signs for its visitor. */
export async function tokenFor(sub: string, name: string, expires = "5 minutes"): Promise<string> {
  return await new SignJWT({ name, email: `${sub}@shop.example` })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(sub)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(SECRET));
}

/** A site that knows its visitors, with the chat on it. */
export class MembersSite implements AsyncDisposable {
  readonly stage: Stage;
  readonly site: HostSite;

  private constructor(stage: Stage, site: HostSite) {
    this.stage = stage;
    this.site = site;
  }

  /** Opens the site, beside a stage of its own. */
  static async open(): Promise<MembersSite> {
    const site = new HostSite();
    const stage = await Stage.set({ ALLOWED_SITES: site.origin, IDENTITY_SECRET: SECRET });
    return new MembersSite(stage, site);
  }

  /**
   * Opens the site, says who the visitor is, and opens the chat; in a tab that is there already, as after a click on a
   * link. Without an identity (null is one: nobody) the site says nothing.
   */
  async visit(
    context: BrowserContext,
    identity: object | null | undefined,
    options: { readonly tab?: Page | undefined } & Partial<HostPage> = {},
  ): Promise<{ page: Page; chat: Visitor }> {
    const { tab, ...more } = options;
    const page = tab ?? await context.newPage();
    const says = identity === undefined ? "" : `chat.identify(${JSON.stringify(identity)});`;
    await page.goto(this.site.put("members", {
      widget: `${this.stage.url}/widget.js`,
      script: `window.told = []; window.ChatBox50 = [(chat) => {
        ${says}
        for (const name of ["expired", "close", "unread"]) chat.on(name, () => told.push(name));
      }];`,
      ...more,
    }));
    await page.getByRole("button", { name: "Open chat" }).click();
    return { page, chat: new Visitor(page, page.frameLocator("chatbox50-widget iframe")) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stage[Symbol.asyncDispose]();
    await this.site[Symbol.asyncDispose]();
  }
}

/** The site says who the visitor is while the chat is open. */
export async function identify(page: Page, identity: object | null): Promise<void> {
  await page.evaluate((value) => {
    const api = globalThis.ChatBox50;
    if (typeof api === "object" && !Array.isArray(api)) api.identify(value);
  }, identity);
}
