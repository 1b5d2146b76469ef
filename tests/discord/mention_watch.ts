/** A request as a Discord that keeps them tells it. */
interface Request {
  readonly method: string;
  readonly route: string;
  readonly body: unknown;
}

/** Where messages are made and changed: by the bot, by webhooks, as a forum post's first one, as answers to commands. */
const WITH_MESSAGES: Readonly<Record<string, readonly string[]>> = {
  POST: [
    "/channels/:channel_id/messages",
    "/channels/:channel_id/threads",
    "/webhooks/:webhook_id/:webhook_token",
    "/interactions/:interaction_id/:interaction_token/callback",
  ],
  PATCH: [
    "/channels/:channel_id/messages/:message_id",
    "/webhooks/:webhook_id/:webhook_token/messages/:message_id",
    "/webhooks/:webhook_id/:webhook_token/messages/@original",
  ],
};

/**
 * Finds what could ping somebody (X1): every message whose text goes to Discord without `allowed_mentions: { parse: [] }`, whatever
 * the text is. Bridges look for it after every test.
 */
export function unguarded(requests: readonly Request[]): string[] {
  return requests
    .filter(({ method, route }) => WITH_MESSAGES[method]?.includes(route))
    .filter(({ body }) => messagesIn(body).some((message) => !isGuarded(message)))
    .map(({ method, route, body }) => `${method} ${route} ${JSON.stringify(body)}`);
}

/** A forum post and an answer to a command hold the message inside; only one with a text can ping. */
function messagesIn(body: unknown): Record<string, unknown>[] {
  if (!isObject(body)) return [];
  return [body, body.message, body.data].filter(isObject).filter((message) => "content" in message);
}

function isGuarded({ allowed_mentions: mentions }: Record<string, unknown>): boolean {
  return JSON.stringify(mentions) === '{"parse":[]}';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
