import { asFailure } from '../../bridge.ts';
import type { Opinion } from './agreement.ts';
import { explainCameraFailure } from './camera-failure.ts';

/** At most two pictures per second are classified, one at a time. */
const INTERVAL_MS = 500;
const WIDTH = 640;
const QUALITY = 0.92;

/** The camera. It is requested only by a click, and `stop` releases it. */
export class Camera {
  stream = $state.raw<MediaStream | null>(null);
  starting = $state(false);
  opinions = $state.raw<readonly Opinion[] | null>(null);
  /** Why there is no picture or no answer, with the next step. */
  failure = $state<string | null>(null);
  readonly #canvas = document.createElement('canvas');
  /** Increases with every start and stop, which ends all work of an earlier session. */
  #session = 0;

  async start(): Promise<void> {
    this.stop();
    const session = this.#session;
    this.starting = true;
    try {
      if (!navigator.mediaDevices) throw new DOMException('', 'NotSupportedError');
      const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH } }, audio: false });
      if (session !== this.#session) return release(stream);
      stream.getVideoTracks()[0]?.addEventListener('ended', () => {
        if (session !== this.#session) return;
        this.stop();
        this.failure = 'The camera was disconnected. Connect it and try again.';
      });
      this.stream = stream;
    } catch (cause) {
      if (session === this.#session) this.failure = explainCameraFailure(cause instanceof Error ? cause.name : '');
    } finally {
      if (session === this.#session) this.starting = false;
    }
  }

  stop(): void {
    this.#session++;
    if (this.stream) release(this.stream);
    this.stream = null;
    this.starting = false;
    this.opinions = null;
    this.failure = null;
  }

  /** Classifies pictures one after another until the camera stops; pauses while the window is hidden. */
  async watch(video: HTMLVideoElement, classify: (picture: Blob) => Promise<readonly Opinion[]>): Promise<void> {
    const session = this.#session;
    while (session === this.#session) {
      const begun = performance.now();
      const picture = document.hidden ? null : await this.take(video);
      if (picture) {
        try {
          const opinions = await classify(picture);
          if (session !== this.#session) return;
          this.opinions = opinions;
          this.failure = null;
        } catch (cause) {
          if (session !== this.#session) return;
          this.failure = asFailure(cause).message;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, Math.max(50, INTERVAL_MS - (performance.now() - begun))));
    }
  }

  /** The current picture as a JPEG; null if there is none yet. */
  async take(video: HTMLVideoElement): Promise<Blob | null> {
    const { videoWidth, videoHeight } = video;
    if (videoWidth === 0) return null;
    this.#canvas.width = Math.min(WIDTH, videoWidth);
    this.#canvas.height = Math.round((videoHeight * this.#canvas.width) / videoWidth);
    this.#canvas.getContext('2d')?.drawImage(video, 0, 0, this.#canvas.width, this.#canvas.height);
    return new Promise((resolve) => this.#canvas.toBlob(resolve, 'image/jpeg', QUALITY));
  }
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
