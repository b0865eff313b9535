import type { Tag } from '../shared/tags/tag.ts';
import type { TagContent } from '../shared/tags/tag-contents.ts';

/**
 * Holds pictures back until a keyframe, at the start of a broadcast and after each restart of its source: until then they
 * refer to pictures that nobody has. Audio, data and configurations always pass.
 */
export class KeyframeGate {
  private isOpen = false;
  private held = 0;

  /** The source began again. */
  close(): void {
    this.isOpen = false;
    this.held = 0;
  }

  /** Pictures held back since it was closed. */
  get framesHeld(): number {
    return this.isOpen ? 0 : this.held;
  }

  admits(tag: Tag, contents: readonly TagContent[]): boolean {
    if (tag.kind !== 'video') return true;
    if (tag.body.byteLength === 0) return false; // an empty message is silence or nothing (docs/COMPATIBILITY.md 2)
    if (this.isOpen) return true;
    const frames = contents.filter((content) => content.role === 'video-frame');
    if (frames.some((frame) => frame.trackId === 0 && frame.isKeyframe)) this.isOpen = true;
    else if (frames.length > 0) {
      this.held++;
      return false;
    }
    return true;
  }
}
