/**
 * Whether a message waits for a side, as SQL about `messages m` and `deliveries d` of one conversation: whether
 * `DeliveryTable.deliverable` would give it. A side's own messages are looked at as well, because it may have asked for an echo; where
 * it has not, the mark has fallen before them, see `DeliveryTable.settle`. While a plan is noted, what was taken back may stand there
 * half posted, and its row is needed to find out.
 */
export const IS_DUE = `(d.pending = 1 AND (
  m.seq > d.seq AND (m.deleted_at IS NULL AND m.failed IS NULL OR d.note IS NOT NULL) OR
  m.seq <= d.seq AND m.changed_rev > d.rev AND (m.failed IS NULL OR d.note IS NOT NULL)))`;

/**
 * Whether anything waits for a side, as SQL about `deliveries d`. In two parts, so that each reads the few entries of one index behind
 * the side's watermark, however long the conversation is.
 */
export const WAITS = `(d.pending = 1 AND (d.note IS NOT NULL OR
  EXISTS (SELECT 1 FROM messages m WHERE m.connection_id = d.connection_id AND m.seq > d.seq AND ${IS_DUE}) OR
  EXISTS (SELECT 1 FROM messages m WHERE m.connection_id = d.connection_id AND m.changed_rev > d.rev AND ${IS_DUE})))`;
