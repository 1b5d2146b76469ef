import type { Blocks } from "../blocks.ts";
import type { CallbackWatch } from "../callback_watch.ts";
import type { Closing } from "../closing.ts";
import type { Directory } from "../directory.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { Exchange } from "../exchange.ts";
import type { IdSource, Logger, Store } from "../ports.ts";
import type { Service } from "../service.ts";

/** What a worker is made of; the ChatBox builds it. */
export interface WorkerParts {
  readonly service: Service;
  readonly peer: Service;
  readonly store: Store;
  readonly ids: IdSource;
  readonly logger: Logger;
  readonly blocks: Blocks;
  readonly directory: Directory;
  readonly dispatcher: Dispatcher;
  readonly exchange: Exchange;
  readonly watch: CallbackWatch;
  readonly closing: Closing;
}
