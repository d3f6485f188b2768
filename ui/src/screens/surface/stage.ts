// Draws a surface: grey clay under a light that stays with the eye, or the colours it is given.
// Without perspective, so that a millimetre is as long everywhere; only when something changed.
import {
  BackSide,
  BufferAttribute,
  BufferGeometry,
  DirectionalLight,
  Group,
  HemisphereLight,
  Line,
  LineBasicMaterial,
  Mesh,
  MeshBasicMaterial,
  MeshLambertMaterial,
  OrthographicCamera,
  Points,
  PointsMaterial,
  Raycaster,
  Scene,
  Spherical,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Direction } from "./directions";
import { framingOf, pointAt } from "./measure";
import type { SurfaceMesh } from "./ply";

/** From where the surface is seen now, and how long a pixel of the page is on it. */
export interface Seen extends Direction {
  mmPerPx: number;
}

const GROUND = 0x15191a;
const CLAY = 0xb4b7b6;
const BEHIND = 0x2c3538;
const MARKED = 0xffd166;
const MOST_MARKS = 2;
const TURN_MS = 260;
const STEEPEST_DEG = 80;
const FARTHEST_DEG = 120;
const DEG = Math.PI / 180;

export class Stage {
  private readonly renderer: WebGLRenderer;
  private readonly scene = new Scene();
  private readonly camera = new OrthographicCamera();
  private readonly controls: OrbitControls;
  private readonly geometry = new BufferGeometry();
  private readonly front: Mesh<BufferGeometry, MeshLambertMaterial | MeshBasicMaterial>;
  private readonly back: Mesh<BufferGeometry, MeshBasicMaterial>;
  private readonly colours: BufferAttribute;
  private readonly marked = new BufferAttribute(new Float32Array(MOST_MARKS * 3), 3);
  private readonly marks = new BufferGeometry().setAttribute("position", this.marked);
  private readonly points = new Points(
    this.marks,
    new PointsMaterial({ color: MARKED, size: 9, sizeAttenuation: false, depthTest: false, transparent: true }),
  );
  private readonly line = new Line(
    this.marks,
    new LineBasicMaterial({ color: MARKED, depthTest: false, transparent: true }),
  );
  private readonly clay = new MeshLambertMaterial({ color: CLAY });
  private readonly painted = new MeshBasicMaterial({ vertexColors: true });
  private readonly radius: number;
  private height = 0;
  private frame = 0;
  private turning = 0;

  /** `changed` is told after every drawing; the canvas needs a size from `resize` first. */
  constructor(
    private readonly canvas: HTMLCanvasElement,
    context: WebGL2RenderingContext,
    private readonly mesh: SurfaceMesh,
    private readonly changed: (seen: Seen) => void,
  ) {
    this.renderer = new WebGLRenderer({ canvas, context });
    this.renderer.setClearColor(GROUND);
    this.renderer.setPixelRatio(Math.min(2, globalThis.devicePixelRatio));
    this.geometry.setAttribute("position", new BufferAttribute(mesh.points, 3));
    this.geometry.setAttribute("normal", new BufferAttribute(mesh.normals, 3));
    this.colours = new BufferAttribute(new Float32Array(mesh.points.length), 3);
    this.geometry.setAttribute("color", this.colours);
    this.geometry.setIndex(new BufferAttribute(mesh.triangles, 1));
    this.front = new Mesh(this.geometry, this.clay);
    // Nothing was measured from behind: there it is dark and flat.
    this.back = new Mesh(this.geometry, new MeshBasicMaterial({ color: BEHIND, side: BackSide }));
    const { middle, radius } = framingOf(mesh.points);
    this.radius = radius;
    // The page's axes: y up, z towards whoever looks; the camera's have both the other way.
    const turned = new Group();
    turned.rotation.x = Math.PI;
    turned.position.set(-middle[0], middle[1], middle[2]);
    turned.add(this.front, this.back, this.points, this.line);
    for (const each of [this.points, this.line]) {
      each.renderOrder = 1; // over the surface, also where it lies behind
      each.frustumCulled = false;
    }
    this.scene.add(turned, this.camera);
    this.light();
    this.camera.position.set(0, 0, radius * 4);
    this.camera.near = 0.1;
    this.camera.far = radius * 40;
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.minZoom = 0.6;
    this.controls.maxZoom = 40;
    this.controls.zoomToCursor = true;
    this.controls.minPolarAngle = (90 - STEEPEST_DEG) * DEG;
    this.controls.maxPolarAngle = (90 + STEEPEST_DEG) * DEG;
    this.controls.minAzimuthAngle = -FARTHEST_DEG * DEG;
    this.controls.maxAzimuthAngle = FARTHEST_DEG * DEG;
    this.controls.addEventListener("change", this.redraw);
    this.controls.addEventListener("start", this.stopTurning);
    this.mark([]);
  }

  /** A light from above and beside the eye shows form; a weak one all around leaves nothing black. */
  private light(): void {
    const key = new DirectionalLight(0xffffff, 2.6);
    key.position.set(-0.5, 0.7, 1);
    this.camera.add(key, key.target);
    this.scene.add(new HemisphereLight(0xffffff, 0x707878, 0.9));
  }

  resize(width: number, height: number): void {
    if (width === 0 || height === 0) return;
    this.height = height;
    const aspect = width / height;
    const up = aspect >= 1 ? this.radius : this.radius / aspect;
    this.camera.top = up;
    this.camera.bottom = -up;
    this.camera.right = up * aspect;
    this.camera.left = -up * aspect;
    this.camera.updateProjectionMatrix();
    this.renderer.setSize(width, height, false);
    this.draw();
  }

  /** Linear light of every point, shown as it is; without, grey clay. */
  paint(colours: Float32Array | null): void {
    if (colours === null) {
      this.front.material = this.clay;
    } else {
      this.colours.copyArray(colours);
      this.colours.needsUpdate = true;
      this.front.material = this.painted;
    }
    this.redraw();
  }

  /** Looks from somewhere at the middle; at once for those who want no motion. */
  look(to: Direction, { still, zoom = this.camera.zoom }: { still: boolean; zoom?: number }): void {
    this.stopTurning();
    const from = { ...this.direction(), zoom: this.camera.zoom, target: this.controls.target.clone() };
    const began = performance.now();
    const step = (now: number): void => {
      const share = still ? 1 : Math.min(1, Math.max(0, (now - began) / TURN_MS));
      const eased = share * share * (3 - 2 * share);
      const between = (one: number, other: number): number => one + (other - one) * eased;
      this.controls.target.copy(from.target).multiplyScalar(1 - eased);
      this.zoomTo(between(from.zoom, zoom));
      this.place({ leftDeg: between(from.leftDeg, to.leftDeg), upDeg: between(from.upDeg, to.upDeg) });
      if (share < 1) this.turning = requestAnimationFrame(step);
    };
    step(began);
  }

  turn(leftDeg: number, upDeg: number): void {
    this.stopTurning();
    const now = this.direction();
    const up = Math.min(STEEPEST_DEG, Math.max(-STEEPEST_DEG, now.upDeg + upDeg));
    this.place({ leftDeg: now.leftDeg + leftDeg, upDeg: up });
  }

  /** Moves the surface on the page, by shares of its height. */
  move(right: number, up: number): void {
    this.stopTurning();
    const high = (this.camera.top - this.camera.bottom) / this.camera.zoom;
    const across = new Vector3().setFromMatrixColumn(this.camera.matrix, 0).multiplyScalar(-right * high);
    const along = new Vector3().setFromMatrixColumn(this.camera.matrix, 1).multiplyScalar(-up * high);
    const by = across.add(along);
    this.controls.target.add(by);
    this.camera.position.add(by);
    this.controls.update();
    this.redraw();
  }

  enlarge(factor: number): void {
    this.stopTurning();
    this.zoomTo(this.camera.zoom * factor);
    this.redraw();
  }

  /** The point of the surface that is seen at a place of the page, or none. */
  pick(x: number, y: number): number | null {
    const { width, height } = this.canvas.getBoundingClientRect();
    const ray = new Raycaster();
    ray.setFromCamera(new Vector2((x / width) * 2 - 1, 1 - (y / height) * 2), this.camera);
    const [hit] = ray.intersectObjects([this.front, this.back], false);
    if (hit?.face == null || hit.object !== this.front) return null;
    const place = this.front.worldToLocal(hit.point.clone());
    const corners = [hit.face.a, hit.face.b, hit.face.c].map((at) => ({
      at,
      far: place.distanceTo(new Vector3(...pointAt(this.mesh.points, at))),
    }));
    return corners.sort((one, other) => one.far - other.far)[0]?.at ?? null;
  }

  /** Marks points of the surface, and the line between two. */
  mark(points: readonly number[]): void {
    points.forEach((point, at) => this.marked.set(pointAt(this.mesh.points, point), at * 3));
    this.marked.needsUpdate = true;
    this.marks.setDrawRange(0, points.length);
    this.points.visible = points.length > 0;
    this.line.visible = points.length === MOST_MARKS;
    this.redraw();
  }

  close(): void {
    this.stopTurning();
    cancelAnimationFrame(this.frame);
    this.controls.dispose();
    this.geometry.dispose();
    this.marks.dispose();
    for (const each of [this.back, this.points, this.line]) each.material.dispose();
    this.clay.dispose();
    this.painted.dispose();
    this.renderer.dispose();
  }

  private direction(): Direction {
    return {
      leftDeg: this.controls.getAzimuthalAngle() / DEG,
      upDeg: 90 - this.controls.getPolarAngle() / DEG,
    };
  }

  private place({ leftDeg, upDeg }: Direction): void {
    const place = new Spherical(this.radius * 4, (90 - upDeg) * DEG, leftDeg * DEG);
    this.camera.position.setFromSpherical(place).add(this.controls.target);
    this.controls.update();
    this.redraw();
  }

  private zoomTo(zoom: number): void {
    this.camera.zoom = Math.min(this.controls.maxZoom, Math.max(this.controls.minZoom, zoom));
    this.camera.updateProjectionMatrix();
  }

  private readonly stopTurning = (): void => cancelAnimationFrame(this.turning);

  private readonly redraw = (): void => {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(this.draw);
  };

  private readonly draw = (): void => {
    if (this.height === 0) return;
    this.renderer.render(this.scene, this.camera);
    const mmPerPx = (this.camera.top - this.camera.bottom) / this.camera.zoom / this.height;
    this.changed({ ...this.direction(), mmPerPx });
  };
}
