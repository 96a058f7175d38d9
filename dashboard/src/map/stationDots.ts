/**
 * All stations as dots on one canvas: painted once a shade and copied, so that fifteen thousand take
 * milliseconds. Leaflet moves and scales the canvas while the map is dragged and zoomed.
 */

import L from "leaflet";
import { COLOURS, SHADES, shadeOf } from "./colours";
import type { MapPoint } from "./mapData";

export interface DotStyle {
  /** Around a dot. */
  edge: string;
  /** Of a station without a value. */
  none: string;
  /** Of what is chosen. */
  chosen: string;
}

export interface Dots {
  points: readonly MapPoint[];
  value: (point: MapPoint) => number | null;
  chosen: string;
  near: { latitude: number; longitude: number } | null;
  style: DotStyle;
}

/** Beyond the shades: a dot without a value. Weak ones follow, shade by shade. */
const NONE = SHADES;
const REACH_PX = 6;

/** Few stations are big dots; nearer ones bigger. */
export function radiusOf(count: number, zoom: number): number {
  const base = count > 4000 ? 1.9 : count > 600 ? 3 : 5.5;
  return Math.min(9, base + Math.max(0, zoom - 1) * 0.75);
}

/** The order in which dots lie on each other: without value, weak, good. */
function kindOf(point: MapPoint, value: number | null): number {
  if (value === null) return NONE;
  return point.isWeak ? NONE + 1 + shadeOf(value) : shadeOf(value);
}

// What a renderer of Leaflet has, which its types leave out.
interface RendererParts {
  _container: HTMLCanvasElement;
  _bounds?: L.Bounds;
  _map: L.Map & { _animatingZoom?: boolean };
}

export class StationDots extends L.Renderer {
  private dots: Dots;
  private context!: CanvasRenderingContext2D;
  /** Layer pixels of each point, x and y in turn. */
  private places = new Float32Array();
  private radius = 4;

  constructor(dots: Dots) {
    super({ padding: 0.4 });
    this.dots = dots;
  }

  private get parts(): RendererParts {
    return this as unknown as RendererParts;
  }

  show(dots: Dots): void {
    this.dots = dots;
    if (this.parts._bounds) this._update();
  }

  /** The station at a place of the layer, the nearest in reach. */
  at(place: L.Point, extra = 0): MapPoint | null {
    let [best, nearest] = [-1, (this.radius + REACH_PX + extra) ** 2];
    for (let at = 0; at < this.dots.points.length; at += 1) {
      const distance = (this.places[2 * at]! - place.x) ** 2 + (this.places[2 * at + 1]! - place.y) ** 2;
      if (distance <= nearest) [best, nearest] = [at, distance];
    }
    return this.dots.points[best] ?? null;
  }

  // Named by Leaflet.
  protected _initContainer(): void {
    const canvas = document.createElement("canvas");
    this.parts._container = canvas;
    this.context = canvas.getContext("2d")!;
  }

  protected _destroyContainer(): void {
    this.parts._container.remove();
  }

  protected _update(): void {
    const { _map: map, _container: canvas } = this.parts;
    if (map._animatingZoom && this.parts._bounds) return;
    (L.Renderer.prototype as unknown as { _update: () => void })._update.call(this);
    const { min } = this.parts._bounds!;
    const size = this.parts._bounds!.getSize();
    const ratio = window.devicePixelRatio;
    L.DomUtil.setPosition(canvas, min!);
    [canvas.width, canvas.height] = [size.x * ratio, size.y * ratio];
    [canvas.style.width, canvas.style.height] = [`${size.x}px`, `${size.y}px`];
    this.context.setTransform(ratio, 0, 0, ratio, -min!.x * ratio, -min!.y * ratio);
    this.draw(map);
  }

  private draw(map: L.Map): void {
    const { points, value, style } = this.dots;
    this.radius = radiusOf(points.length, map.getZoom());
    this.places = new Float32Array(2 * points.length);
    const layers: number[][] = [[], [], []];
    const kinds = new Uint8Array(points.length);
    points.forEach((point, at) => {
      const { x, y } = map.latLngToLayerPoint([point.latitude, point.longitude]);
      this.places[2 * at] = x;
      this.places[2 * at + 1] = y;
      kinds[at] = kindOf(point, value(point));
      layers[kinds[at]! < NONE ? 2 : kinds[at] === NONE ? 0 : 1]!.push(at);
    });
    const stamps = new Map<number, HTMLCanvasElement>();
    // On whole pixels of the screen dots are copied: between them each would be blended anew, four times as slow.
    const ratio = window.devicePixelRatio;
    const half = this.side() / ratio / 2;
    const whole = (place: number): number => Math.round((place - half) * ratio) / ratio;
    this.context.imageSmoothingEnabled = false;
    const { min, max } = this.parts._bounds!;
    for (const at of layers.flat()) {
      const [x, y] = [this.places[2 * at]!, this.places[2 * at + 1]!];
      if (x < min!.x - half || x > max!.x + half || y < min!.y - half || y > max!.y + half) continue;
      const kind = kinds[at]!;
      const stamp = stamps.get(kind) ?? this.stamp(kind, style);
      stamps.set(kind, stamp);
      this.context.drawImage(stamp, whole(x), whole(y), 2 * half, 2 * half);
    }
    this.mark(map);
  }

  /** Of a dot with its edge, in pixels of the screen. */
  private side(): number {
    return Math.ceil(2 * (this.radius + 1) * window.devicePixelRatio);
  }

  /** One dot, to copy. */
  private stamp(kind: number, style: DotStyle): HTMLCanvasElement {
    const ratio = window.devicePixelRatio;
    const side = this.side();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [side, side];
    const context = canvas.getContext("2d")!;
    context.scale(ratio, ratio);
    context.beginPath();
    context.arc(side / ratio / 2, side / ratio / 2, this.radius, 0, 2 * Math.PI);
    if (kind !== NONE) {
      context.fillStyle = COLOURS[kind > NONE ? kind - NONE - 1 : kind]!;
      context.globalAlpha = kind > NONE ? 0.4 : 1;
      context.fill();
    }
    context.globalAlpha = 1;
    context.lineWidth = kind < NONE ? Math.min(0.9, this.radius / 5) : Math.min(1.2, this.radius / 2.4);
    if (kind > NONE) context.setLineDash([2, 1.6]);
    context.strokeStyle = kind < NONE ? style.edge : style.none;
    context.stroke();
    return canvas;
  }

  /** What is chosen, and the place whose stations are looked for. */
  private mark(map: L.Map): void {
    const { points, chosen, near, style } = this.dots;
    this.context.strokeStyle = style.chosen;
    this.context.lineWidth = 2.5;
    const at = points.findIndex((one) => one.station_id === chosen);
    if (at >= 0) {
      this.context.beginPath();
      this.context.arc(this.places[2 * at]!, this.places[2 * at + 1]!, this.radius + 4, 0, 2 * Math.PI);
      this.context.stroke();
    }
    if (near) {
      const { x, y } = map.latLngToLayerPoint([near.latitude, near.longitude]);
      this.context.beginPath();
      for (const [right, down] of [[1, 1], [1, -1]] as const) {
        this.context.moveTo(x - 7 * right, y - 7 * down);
        this.context.lineTo(x + 7 * right, y + 7 * down);
      }
      this.context.stroke();
    }
  }
}
