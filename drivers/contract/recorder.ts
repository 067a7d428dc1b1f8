/** A frame that a recorder has read. */
export interface RecordedFrame {
  /** As it was sent. */
  readonly topic: string;
  /** Borrowed: it is valid until the next part is requested. */
  readonly payload: Uint8Array;
}

/** Frames that were recorded together. */
export interface RecordedBlock {
  /** Tells it from a loss. */
  readonly kind: "block";
  /** Where it begins. Places sort in the order of the parts. */
  readonly place: string;
  /**
   * Number of frames that this recorder had got before its first one; undefined if another run
   * recorded it.
   */
  readonly index: number | undefined;
  /** When the first of its frames was published, in Unix milliseconds. */
  readonly from: number;
  /** When the last one was. */
  readonly until: number;
  /** Number of its frames. */
  readonly events: number;
  /** The bytes of all its frames, to be searched. Borrowed like the payloads. */
  readonly bytes: Uint8Array;
  /** The frames in their order. */
  frames(): Iterable<RecordedFrame>;
}

/** Frames that were published but are not in the recorder. */
export interface RecordedLoss {
  /** Tells it from a block. */
  readonly kind: "loss";
  /** Where it was noticed. */
  readonly place: string;
  /** When that was noticed, in Unix milliseconds; null if it is unknown. */
  readonly at: number | null;
  /** Number of frames; null if it is unknown. */
  readonly events: number | null;
  /** Why they are lost, as a part of a sentence. */
  readonly reason: string;
}

/** What a recorder reads. */
export type RecordedPart = RecordedBlock | RecordedLoss;

/** What to read, and in which order. */
export interface RecorderReadOptions {
  /** Begin with the newest part, and go back. @default false */
  readonly newestFirst?: boolean;
  /** Read only what precedes this place. @default everything */
  readonly before?: string | undefined;
  /** Read only this place and what follows it. @default everything */
  readonly from?: string | undefined;
  /** Read only blocks with frames that were published at this time or later. @default everything */
  readonly since?: number | undefined;
}

/** The recorded frames of a directory. */
export interface RecorderReader {
  /** Reads the parts of a recorder. Damaged bytes are skipped and reported as a loss. */
  read(options?: RecorderReadOptions): AsyncIterable<RecordedPart>;
}

/** The state of a recorder. */
export interface RecorderState {
  /** The directory with the segments. */
  readonly path: string;
  /** Size of all segments, in bytes. */
  readonly bytes: number;
  /** Number of segments. */
  readonly segments: number;
  /** When the oldest recorded frame was published, in Unix milliseconds; null without one. */
  readonly oldestAt: number | null;
  /** Frames recorded since the start. */
  readonly recorded: number;
  /** Frames not recorded since the start: the disk was full or failed, or was too slow. */
  readonly skipped: number;
  /** Failed operations since the start. */
  readonly failures: number;
  /** Why the last operation failed; undefined if it succeeded. */
  readonly failure: string | undefined;
}

/** Keeps frames on disk, in bounded segments. Nothing that it does fails, or waits for the disk. */
export interface FrameRecorder extends RecorderReader, AsyncDisposable {
  /** The current state. */
  readonly state: RecorderState;
  /** Records a frame. The payload is copied. */
  append(topic: string, payload: Uint8Array): void;
  /** Records frames that are in a row as ZMTP messages of a topic and a payload. They are copied. */
  appendMessages(messages: Uint8Array, frames: number): void;
  /** Resolves when what was appended before can be read, or is skipped. */
  flush(): Promise<void>;
}

/** Opens recorders. The registry has one. */
export interface RecorderLoader {
  /** Opens a recorder to write to it. A failure is reported to the options, and retried. */
  openRecorder(options: RecorderOptions): Promise<FrameRecorder>;
  /** Opens the recorder of a directory to read it. Rejects if the directory cannot be read. */
  openRecorderReader(path: string): Promise<RecorderReader>;
}

/** Options of a {@linkcode FrameRecorder}. */
export interface RecorderOptions {
  /** The directory of the segments. It is created if it is missing. */
  readonly path: string;
  /** Maximum size of all segments, in bytes. */
  readonly maxBytes: number;
  /** The clock that it reads. */
  readonly clock: { now(): number; monotonic(): number };
  /** Reports what was found when the recorder was opened: damage, and a run that was not stopped. */
  readonly onFound: (text: string) => void;
  /** Called when an operation fails. */
  readonly onFailure: (error: unknown) => void;
  /** Called when an operation has succeeded. */
  readonly onSuccess: () => void;
}
