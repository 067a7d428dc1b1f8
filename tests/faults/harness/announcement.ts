import type { GapNotice } from "../../../service/protocol/notices.ts";
import type { Announcement } from "./protocol.ts";

/** The lost events that a subscriber's notice reports, or undefined when it reports none. */
export function announcementOf(notice: GapNotice, at: number): Announcement | undefined {
  if (notice.kind !== "lost") return undefined;
  const { kind, publisher, epoch, topic, from, to } = notice;
  return { kind, at, stream: `${publisher}/${epoch}/${topic}`, from, to };
}
