/** The map as a picture: what is in sight, with its title and the scale of its colours. */

import { download } from "../download";
import { GRADIENT } from "./colours";

const HEAD_PX = 40;
const FOOT_PX = 40;
const SCALE_PX = 260;

interface Words {
  title: string;
  source: string;
  /** Labels of the scale, from its left end to its right. */
  ticks: readonly string[];
}

/** Saves it as a PNG file of that name. */
export function savePicture(holder: HTMLElement, canvases: readonly HTMLCanvasElement[], words: Words, name: string): void {
  const frame = holder.getBoundingClientRect();
  const ratio = window.devicePixelRatio;
  const style = getComputedStyle(holder);
  const colour = (variable: string): string => style.getPropertyValue(variable).trim();
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [frame.width * ratio, (frame.height + HEAD_PX + FOOT_PX) * ratio];
  const context = picture.getContext("2d")!;
  context.scale(ratio, ratio);
  context.fillStyle = colour("--sea");
  context.fillRect(0, 0, frame.width, frame.height + HEAD_PX + FOOT_PX);
  for (const canvas of canvases) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    context.drawImage(canvas, left - frame.left, top - frame.top + HEAD_PX, width, height);
  }
  context.fillStyle = colour("--surface");
  context.fillRect(0, 0, frame.width, HEAD_PX);
  context.fillRect(0, frame.height + HEAD_PX, frame.width, FOOT_PX);
  const gradient = context.createLinearGradient(10, 0, 10 + SCALE_PX, 0);
  for (const stop of GRADIENT) gradient.addColorStop(stop.offset, stop.colour);
  context.fillStyle = gradient;
  context.fillRect(10, frame.height + HEAD_PX + 6, SCALE_PX, 10);
  context.fillStyle = colour("--text");
  context.font = `600 15px ${style.fontFamily}`;
  context.fillText(words.title, 10, 26, frame.width - 20);
  context.font = `11px ${style.fontFamily}`;
  context.fillText(words.source, 20 + SCALE_PX, frame.height + HEAD_PX + 25, frame.width - SCALE_PX - 30);
  context.textAlign = "center";
  words.ticks.forEach((text, at) => {
    context.fillText(text, 14 + ((SCALE_PX - 8) * at) / (words.ticks.length - 1), frame.height + HEAD_PX + 31);
  });
  download(picture, name);
}
