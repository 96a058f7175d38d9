/** A picture as a file of the person who asked for it. */

/** Hands a canvas over as a PNG of this name. */
export function download(canvas: HTMLCanvasElement, name: string): void {
  canvas.toBlob((blob) => {
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

const HEAD_PX = 40;

/** What a canvas of the page shows, with a title above, as a PNG of this name. */
export function saveTitled(drawn: HTMLCanvasElement, title: string, name: string): void {
  const style = getComputedStyle(drawn);
  const head = HEAD_PX * window.devicePixelRatio;
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [drawn.width, drawn.height + head];
  const context = picture.getContext("2d")!;
  context.fillStyle = style.getPropertyValue("--surface");
  context.fillRect(0, 0, picture.width, picture.height);
  context.fillStyle = style.getPropertyValue("--text");
  context.font = `600 ${head * 0.38}px ${style.fontFamily}`;
  context.fillText(title, head / 4, head * 0.64, picture.width - head / 2);
  context.drawImage(drawn, 0, head);
  download(picture, name);
}
