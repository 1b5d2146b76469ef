import { checkDuration, checkName, checkOneOf, refuse } from "./check.ts";
import type { ChatBoxOptions } from "./chat_box_options.ts";
import type { Uuid } from "./id_type.ts";
import type { ServiceSettings } from "./service.ts";

/**
 * Looks at the options of a ChatBox before anything is made of them: for those who open a store before they have the box.
 *
 * @example Before a file is made
 * ```ts
 * import { checkOptions, string } from "@chatbox50/chatbox50/core";
 * import { throws } from "node:assert/strict";
 *
 * const service1 = { name: "one", idType: string };
 * throws(() => checkOptions({ name: "", service1, service2: { name: "two" } }), {
 *   code: "bad_value",
 *   message: 'Cannot make a ChatBox: name is "", allowed is any text that is not empty',
 * });
 * ```
 *
 * @throws {ChatBoxError} `bad_value`
 */
export function checkOptions<Id1 = Uuid, Id2 = Uuid>(options: ChatBoxOptions<Id1, Id2>): void {
  const action = "make a ChatBox";
  const { name, service1, service2, retryBaseMs = 500, retryMaxMs, callbackTimeoutMs = 60_000 } = options;
  const { closeTimeoutMs = 10_000 } = options;
  checkName(action, "name", name);
  checkService(action, "service1", service1);
  checkService(action, "service2", service2);
  checkDuration(action, "retryBaseMs", retryBaseMs);
  checkDuration(action, "callbackTimeoutMs", callbackTimeoutMs, true);
  checkDuration(action, "closeTimeoutMs", closeTimeoutMs, true);
  if (retryMaxMs === undefined) return;
  checkDuration(action, "retryMaxMs", retryMaxMs);
  if (retryMaxMs < retryBaseMs) {
    refuse(action, "retryMaxMs", retryMaxMs, `are milliseconds from retryBaseMs (${retryBaseMs})`);
  }
}

function checkService<Id>(action: string, what: string, options: ServiceSettings<Id>): void {
  // What a caller without types may leave out.
  const given: Partial<ServiceSettings<Id>> | undefined = options;
  if (given === undefined) refuse(action, what, given, "are its options, { name } at least");
  const { name, idType, durable = true, pairAt = "access" } = options;
  checkName(action, `${what}.name`, name);
  checkOneOf(action, `${what}.durable`, durable, [true, false]);
  checkOneOf(action, `${what}.pairAt`, pairAt, ["access", "message"]);
  if (idType === undefined) return;
  const isIdType = typeof idType.encode === "function" && typeof idType.decode === "function";
  if (!isIdType) refuse(action, `${what}.idType`, idType, "are id types, made by custom() for example");
}
