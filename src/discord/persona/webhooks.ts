import type { Logger } from "../../core/mod.ts";
import { DiscordRefusal } from "../errors.ts";
import type { FindHome, Home } from "../home/home.ts";
import { readMessage } from "../message_payload.ts";
import { object, objects, optionalId, type Payload, text } from "../payloads.ts";
import type { DiscordMessage } from "../ports.ts";
import type { RestCaller } from "../rest/rest_manager.ts";
import { NO_MENTIONS } from "../rest/rest.ts";
import type { Snowflake } from "../snowflake.ts";
import type { Upload } from "../ports.ts";

/** What the webhook is called in the channel's settings. */
const NAME = "ChatBox50";

/** After a refusal the bot speaks itself for so long; and so long nobody looks again for a webhook where there was none. */
const REFUSED_FOR_MS = 10 * 60_000;

/** Channels that were looked at for the sake of what was said there earlier. */
const CHANNELS_KEPT = 100;

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

/** What a look at a channel has found. */
interface Listed {
  readonly webhook: Webhook | undefined;
  /** When it is worth looking again, Unix milliseconds. */
  readonly until: number;
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
  readonly #listed = new Map<Snowflake, Listed>();
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

  /**
   * The webhook that speaks, or has spoken, in a channel; none is made. That there is none, or that Discord does not say, is not
   * asked again for a while.
   *
   * @param channelId the home's when left out
   */
  async find(
    channelId: Snowflake | undefined = this.#options.home()?.channel.id,
  ): Promise<Webhook | undefined> {
    const home = this.#options.home();
    if (home === undefined || channelId === undefined) return undefined;
    if (this.#found?.channelId === channelId) return await this.get();
    const known = this.#listed.get(channelId);
    if (known !== undefined && this.#options.now() < known.until) return known.webhook;
    let webhook: Webhook | undefined;
    try {
      webhook = await this.#list(channelId, home);
    } catch (error) {
      if (!(error instanceof DiscordRefusal)) throw error;
    }
    const [oldest] = this.#listed.keys();
    if (this.#listed.size >= CHANNELS_KEPT && oldest !== undefined) this.#listed.delete(oldest);
    this.#listed.set(channelId, { webhook, until: this.#options.now() + REFUSED_FOR_MS });
    return webhook;
  }

  /** Discord does not know the webhook any more: it must not be used again. */
  forget(): void {
    this.#found = undefined;
    this.#listed.clear();
  }

  async #findOrMake(home: Home): Promise<Webhook | undefined> {
    const usable = await this.#list(home.channel.id, home);
    if (usable !== undefined) return usable;
    const route = `/channels/${home.channel.id}/webhooks` as const;
    const made = readWebhook(
      object(await this.#options.caller.call("make a webhook", "POST", route, { body: { name: NAME } })),
    );
    if (made !== undefined) this.#own.add(made.id);
    return made;
  }

  async #list(channelId: Snowflake, { botId, applicationId }: Home): Promise<Webhook | undefined> {
    const list = objects(
      await this.#options.caller.call("list webhooks", "GET", `/channels/${channelId}/webhooks`),
    );
    const ours = list.filter((item) =>
      item.application_id === applicationId || object(item.user).id === botId
    ).map(readWebhook).filter((item) => item !== undefined);
    for (const { id } of ours) this.#own.add(id);
    return ours[0];
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
