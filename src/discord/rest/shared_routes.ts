/**
 * What many conversations ask for under one rate limit. Each conversation asks for one thing after the other by itself, so here they may
 * go side by side. Not listed, and so asked in turn: what is one thread's own, where the order of calls shows.
 */
const SHARED: readonly RegExp[] = [
  /^POST \/channels\/\d+\/threads$/,
  /^GET \/channels\/\d+\/threads\/archived\/public$/,
  /^GET \/guilds\/\d+\/threads\/active$/,
  /^GET \/guilds\/\d+\/members\/\d+$/,
  /^POST \/webhooks\/\d+\/[^/]+$/,
  /^(?:PATCH|DELETE) \/webhooks\/\d+\/[^/]+\/messages\/\d+$/,
];

/**
 * Names the rate limit that conversations share at a route: Discord counts by method, route, and the channel, guild or webhook in it
 * (https://discord.com/developers/docs/topics/rate-limits).
 *
 * @param route a path of the REST interface, with its query
 * @returns `undefined` for a route that is no such
 */
export function sharedLimit(method: string, route: string): string | undefined {
  const call = `${method} ${route.split("?")[0]}`;
  if (!SHARED.some((pattern) => pattern.test(call))) return undefined;
  return call.replace(/\/(members|messages)\/\d+$/, "/$1/x");
}
