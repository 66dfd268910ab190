/**
 * Sound and desktop notification, both off until the agent switches them on; nothing blinks.
 *
 * Guarantee: a notification holds no customer's words, only that somebody waits or has written. A browser that refuses
 * either is left in peace.
 */

import { recall, remember } from "./storage.js";
import { say } from "./wording.js";

export const wantsSound = () => recall("sound", false);
export const wantsNotices = () => recall("notices", false) && window.Notification?.permission === "granted";

export function setSound(on) {
  remember("sound", on);
  if (on) ring();
}

/** Asks the browser where that is needed; whether notifications are on afterwards. */
export async function setNotices(on) {
  const granted = on && window.Notification && (await Notification.requestPermission()) === "granted";
  remember("notices", Boolean(granted));
  return Boolean(granted);
}

export function notify(kind) {
  if (wantsSound()) ring();
  if (wantsNotices() && document.hidden) {
    const notice = new Notification(say(`desk_notice_${kind}`), { tag: `klartext-${kind}` });
    notice.onclick = () => { window.focus(); notice.close(); };
  }
}

/** Two soft tones, made here: no file, no request. */
function ring() {
  try {
    const audio = new AudioContext();
    const volume = audio.createGain();
    volume.gain.value = 0.06;
    volume.connect(audio.destination);
    [[660, 0], [880, 0.14]].forEach(([frequency, start]) => {
      const tone = audio.createOscillator();
      tone.frequency.value = frequency;
      tone.connect(volume);
      tone.start(audio.currentTime + start);
      tone.stop(audio.currentTime + start + 0.12);
    });
    setTimeout(() => audio.close(), 600);
  } catch {
    // No sound here.
  }
}
