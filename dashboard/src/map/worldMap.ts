/** The map itself: land and borders from the page's own files, dots over them, pointer and keys. */

import L from "leaflet";
import { borderLines, landRings } from "./ground";
import type { MapPoint } from "./mapData";
import type { Sight } from "./mapState";
import { type Dots, StationDots } from "./stationDots";

export interface MapInputs {
  dots: () => Dots;
  /** Where the pointer is over a station, in the map's pixels. */
  onHover: (point: MapPoint | null, left: number, top: number) => void;
  onChoose: (point: MapPoint) => void;
  onMove: (sight: Sight) => void;
}

export interface WorldMap {
  refresh: () => void;
  /** Draws all anew in the colours of the theme. */
  repaint: () => void;
  see: (sight: Sight) => void;
  /** Everything that is shown. */
  seeAll: () => void;
  /** Brings a place into sight, near enough to tell it from its neighbours. */
  goTo: (place: { latitude: number; longitude: number }, zoom?: number) => void;
  /** The station nearest to the middle. */
  nearestToMiddle: () => MapPoint | null;
  canvases: () => HTMLCanvasElement[];
  destroy: () => void;
}

const WORLD: L.LatLngBoundsLiteral = [[-90, -180], [90, 180]];
/** The world as wide as a small phone. */
const LEAST_ZOOM = -1;
const MOST_ZOOM = 9;
const TOUCH_PX = 8;

export function makeWorldMap(holder: HTMLElement, inputs: MapInputs): WorldMap {
  const map = L.map(holder, {
    // Every degree is as wide as another: both poles have stations, which Mercator's map has not.
    crs: L.CRS.EPSG4326,
    minZoom: LEAST_ZOOM,
    maxZoom: MOST_ZOOM,
    zoomSnap: 0.25,
    zoomDelta: 1,
    wheelPxPerZoomLevel: 90,
    maxBounds: L.latLngBounds(WORLD).pad(0.15),
    maxBoundsViscosity: 0.9,
    attributionControl: false,
    fadeAnimation: false,
    zoomAnimation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    inertia: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    bounceAtZoomLimits: false,
  });
  const renderer = L.canvas({ padding: 0.4 });
  const shared = { renderer, interactive: false };
  const colour = (name: string): string => getComputedStyle(holder).getPropertyValue(name).trim();
  const landStyle = (): L.PathOptions => ({ fill: true, fillColor: colour("--map-land"), fillOpacity: 1, color: colour("--map-coast"), weight: 0.6 });
  const borderStyle = (): L.PathOptions => ({ fill: false, color: colour("--map-border"), weight: 0.6 });
  map.fitBounds(WORLD);
  const layers = [
    // A sea in the land is filled by neither: rings count even and odd.
    L.polygon([landRings()], { ...shared, ...landStyle() }),
    L.polyline(borderLines(), { ...shared, ...borderStyle() }),
  ] as const;
  for (const layer of layers) layer.addTo(map);
  const dots = new StationDots(inputs.dots());
  dots.addTo(map);
  // What the address says, or nobody, is not written into it.
  let isQuiet = false;
  function quietly(move: () => void): void {
    isQuiet = true;
    move();
    isQuiet = false;
  }

  function seeAll(): void {
    const { points } = inputs.dots();
    const bounds = L.latLngBounds(points.map((one): L.LatLngTuple => [one.latitude, one.longitude]));
    if (bounds.isValid()) quietly(() => map.fitBounds(bounds.pad(0.06), { maxZoom: 5, animate: false }));
  }

  map.on("mousemove", (event) => {
    const point = dots.at(event.layerPoint);
    holder.classList.toggle("over", point !== null);
    inputs.onHover(point, event.containerPoint.x, event.containerPoint.y);
  });
  map.on("mouseout movestart", () => inputs.onHover(null, 0, 0));
  map.on("click", (event) => {
    const isTouch = (event.originalEvent as PointerEvent).pointerType === "touch";
    const point = dots.at(event.layerPoint, isTouch ? TOUCH_PX : 0);
    if (point) inputs.onChoose(point);
  });
  map.on("moveend", () => {
    if (isQuiet) return;
    const { lat, lng } = map.getCenter();
    const clamped = (value: number, most: number): number => Math.max(-most, Math.min(most, value));
    inputs.onMove({ zoom: map.getZoom(), latitude: clamped(lat, 90), longitude: clamped(lng, 180) });
  });
  const resized = new ResizeObserver(() => quietly(() => map.invalidateSize({ animate: false })));
  resized.observe(holder);

  return {
    refresh: () => dots.show(inputs.dots()),
    repaint: () => {
      layers[0].setStyle(landStyle());
      layers[1].setStyle(borderStyle());
      dots.show(inputs.dots());
    },
    see: ({ zoom, latitude, longitude }) => {
      const { lat, lng } = map.getCenter();
      const isThere = Math.abs(lat - latitude) < 0.06 && Math.abs(lng - longitude) < 0.06 && Math.abs(map.getZoom() - zoom) < 0.01;
      if (!isThere) quietly(() => map.setView([latitude, longitude], zoom, { animate: false }));
    },
    seeAll,
    goTo: ({ latitude, longitude }, zoom = 4) => {
      const isSeen = map.getZoom() >= zoom && map.getBounds().pad(-0.1).contains([latitude, longitude]);
      if (!isSeen) map.setView([latitude, longitude], Math.max(zoom, map.getZoom()), { animate: false });
    },
    nearestToMiddle: () => dots.at(map.containerPointToLayerPoint(map.getSize().divideBy(2)), Infinity),
    canvases: () => [...holder.querySelectorAll<HTMLCanvasElement>(".leaflet-pane canvas")],
    destroy: () => {
      resized.disconnect();
      map.remove();
    },
  };
}
