/**
 * The visitors' side: pages, and a WebSocket a tab.
 *
 * @module
 */
export { WebService, type WebServiceOptions } from "./web_service.ts";
export { Presence } from "./presence.ts";
export type { Readiness } from "./routes.ts";
export type { WebMetrics } from "./metrics.ts";
export type { MetricsPageOptions } from "./metrics_page.ts";
export { ChallengeService } from "./challenge_service.ts";
export type { Certificate } from "./listener.ts";
export type { IdentityStore, SessionStore } from "./identity.ts";
export type { VisitorFiles } from "./files/ports.ts";
export type { LimitSettings } from "./limits/visitor_limits.ts";
export type { ConnectionLimits } from "./limits/connection_count.ts";
export { socketsForOpenFiles } from "./limits/open_files.ts";
export type { StaffPictures } from "./avatars/ports.ts";
export { StaffLinks } from "./files/staff_links.ts";
