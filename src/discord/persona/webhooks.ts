import type { Logger } from "../../core/mod.ts";
import { DiscordRefusal } from "../errors.ts";
import type { FindHome, Home } from "../home.ts";
import { object, objects, optionalId, type Payload, readMessage, text } from "../payloads.ts";
import type { DiscordMessage } from "../ports.ts";
import type { RestCaller } from "../rest_manager.ts";
import { NO_MENTIONS } from "../rest.ts";
import type { Snowflake } from "../snowflake.ts";
import type { Upload } from "../ports.ts";

/** What the webhook is called in the channel's settings. */
const NAME = "ChatBox50";

/** After a refusal the bot speaks itself for so long. */
const REFUSED_FOR_MS = 10 * 60_000;

/** A webhook of ours. */
export interface Webhook {
  readonly id: Snowflake;
  /** Whoever knows it can write. */
  readonly token: string;
}

/** What a webhook says. */
export interface WebhookMessage {
  readonly username: string;
  readonly content: string;
  readonly files?: readonly Upload[];
}

/** What {@link Webhooks} needs. */
export interface WebhooksOptions {
  readonly caller: RestCaller;
  readonly home: FindHome;
  readonly logger: Logger;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/**
 * The webhook by which visitors are shown under their own names. Raw routes: discordeno's functions build wrong queries
 * for threads.
 */
export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #own = new Set<Snowflake>();
  #found: { readonly channelId: Snowflake; readonly webhook: Promise<Webhook | undefined> } | undefined;
  #refusedUntil = 0;

  constructor(options: WebhooksOptions) {
    this.#options = options;
  }

  /** Whether a webhook is one of ours. */
  isOwn(id: Snowflake): boolean {
    return this.#own.has(id);
  }

  /** The webhook of the channel; made when there is none. `undefined` while Discord does not let us have one. */
  async get(): Promise<Webhook | undefined> {
    const home = this.#options.home();
    if (home === undefined || this.#options.now() < this.#refusedUntil) return undefined;
    if (this.#found?.channelId !== home.channel.id) {
      this.#found = { channelId: home.channel.id, webhook: this.#findOrMake(home) };
    }
    const { webhook } = this.#found;
    try {
      return await webhook;
    } catch (error) {
      if (this.#found?.webhook === webhook) this.#found = undefined;
      if (!(error instanceof DiscordRefusal)) throw error;
      this.#refusedUntil = this.#options.now() + REFUSED_FOR_MS;
      this.#options.logger.error(
        "Discord gives no webhook, so the bot itself speaks for visitors; it needs Manage Webhooks and fewer than 15 in the channel",
        { channel: home.channel.name, error },
      );
      return undefined;
    }
  }

  /** Discord does not know the webhook any more: it must not be used again. */
  forget(): void {
    this.#found = undefined;
  }

  async #findOrMake({ channel, botId, applicationId }: Home): Promise<Webhook | undefined> {
    const { caller } = this.#options;
    const route = `/channels/${channel.id}/webhooks` as const;
    const list = objects(await caller.call("list webhooks", "GET", route));
    const ours = list.filter((item) =>
      item.application_id === applicationId || object(item.user).id === botId
    );
    for (const { id } of ours.map(readWebhook).filter((item) => item !== undefined)) this.#own.add(id);
    const usable = ours.map(readWebhook).find((item) => item !== undefined);
    if (usable !== undefined) return usable;
    const made = readWebhook(
      object(await caller.call("make a webhook", "POST", route, { body: { name: NAME } })),
    );
    if (made !== undefined) this.#own.add(made.id);
    return made;
  }

  /** Says something in a thread. */
  async say(webhook: Webhook, thread: Snowflake, message: WebhookMessage): Promise<DiscordMessage> {
    const { files = [], username, content } = message;
    const route = `/webhooks/${webhook.id}/${webhook.token}?wait=true&thread_id=${thread}` as const;
    const body = { content, username, allowed_mentions: NO_MENTIONS };
    const options = { body, anonymous: true, ...(files.length > 0 && { files }) };
    const said = object(await this.#options.caller.call("send as the visitor", "POST", route, options));
    return readMessage({ ...said, channel_id: optionalId(said.channel_id) ?? thread });
  }

  /** Changes what it has said. */
  async edit(webhook: Webhook, thread: Snowflake, id: Snowflake, content: string): Promise<void> {
    const route = `/webhooks/${webhook.id}/${webhook.token}/messages/${id}?thread_id=${thread}` as const;
    const body = { content, allowed_mentions: NO_MENTIONS };
    await this.#options.caller.call("edit a message", "PATCH", route, { body, anonymous: true });
  }

  /** Deletes what it has said. */
  async remove(webhook: Webhook, thread: Snowflake, id: Snowflake): Promise<void> {
    const route = `/webhooks/${webhook.id}/${webhook.token}/messages/${id}?thread_id=${thread}` as const;
    await this.#options.caller.call("delete a message", "DELETE", route, { anonymous: true });
  }
}

function readWebhook(payload: Payload): Webhook | undefined {
  const id = optionalId(payload.id);
  const token = text(payload.token);
  return id === undefined || token === undefined ? undefined : { id, token };
}
