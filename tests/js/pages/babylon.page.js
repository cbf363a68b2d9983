// A scene as Babylon.js' glTF loader and animation groups show it, in its default left-handed world.
import { Camera } from '@babylonjs/core/Cameras/camera';
import { TargetCamera } from '@babylonjs/core/Cameras/targetCamera';
import { Engine } from '@babylonjs/core/Engines/engine';
import { LoadAssetContainerAsync } from '@babylonjs/core/Loading/sceneLoader';
import { Color4 } from '@babylonjs/core/Maths/math.color';
import { Vector3 } from '@babylonjs/core/Maths/math.vector';
import { Scene } from '@babylonjs/core/scene';
import '@babylonjs/core/Animations/animatable';
import '@babylonjs/core/Materials/PBR/pbrMaterial';
import '@babylonjs/loaders/glTF';

import { DATA_LAYER, markData, readShown, readTextures, rootOf } from './babylon_read.js';
import { flipRows, toBase64 } from './shared.js';

const FRAMES_PER_SECOND = 60; // the loader's default
const canvas = document.createElement('canvas');
document.body.append(canvas);
// By default Babylon encodes colours with a power of 2.2 in place of the sRGB curve, which lifts dark greys by up to 10.
const engine = new Engine(canvas, true, { preserveDrawingBuffer: true, stencil: false, useExactSrgbConversions: true });

/** @type {{scene: Scene, camera: TargetCamera, groups: any[], playing: any}} */
let loaded;

async function load({ path }) {
  loaded?.scene.dispose();
  const scene = new Scene(engine);
  scene.clearColor = new Color4(0, 0, 0, 1);
  const camera = new TargetCamera('picture', Vector3.Zero(), scene);
  camera.mode = Camera.ORTHOGRAPHIC_CAMERA;
  const container = await LoadAssetContainerAsync(`/file${path}`, scene, { pluginExtension: '.glb' });
  container.addAllToScene();
  scene.activeCamera = camera;
  const groups = container.animationGroups;
  groups.forEach((group) => group.stop());
  // What the loader does by itself in a page: the first clip plays.
  groups[0]?.start(false);
  groups[0]?.pause();
  await scene.whenReadyAsync();
  loaded = { scene, camera, groups, playing: groups[0] ?? null };
  scene.render();
  return { clips: groups.map((group) => ({ name: group.name, duration: group.to / FRAMES_PER_SECOND })) };
}

/** Stops one group, starts the next and goes to a time in seconds. Babylon keeps what the stopped group left behind. */
function show({ clip, time }) {
  const { scene, groups } = loaded;
  const wanted = clip === null ? groups[0] : groups.find((group) => group.name === clip);
  if (!wanted) throw new Error(`no clip named ${clip}`);
  if (wanted !== loaded.playing) {
    loaded.playing?.stop();
    loaded.playing = wanted;
  }
  if (!wanted.isStarted) {
    wanted.start(false);
    wanted.pause();
  }
  wanted.goToFrame(time * FRAMES_PER_SECOND);
  scene.render();
  return true;
}

/** Orthographic pictures of thin slabs of the scene; see View in tests/consumers/observe.py. */
async function pixels({ views, background }) {
  const { scene, camera } = loaded;
  scene.clearColor = Color4.FromHexString(`${background}ff`);
  markData(scene);
  camera.layerMask = DATA_LAYER;
  const toWorld = rootOf(scene).getWorldMatrix();
  const answers = [];
  for (const { center, right, up, width, height, depth, pixels: [columns, rows] } of views) {
    const [x, y] = [Vector3.FromArray(right), Vector3.FromArray(up)];
    const target = Vector3.TransformCoordinates(Vector3.FromArray(center), toWorld);
    const facing = Vector3.TransformNormal(x.cross(y), toWorld);
    engine.setSize(columns, rows);
    camera.position = target.add(facing);
    camera.upVector = Vector3.TransformNormal(y, toWorld);
    camera.setTarget(target);
    Object.assign(camera, { orthoLeft: -width / 2, orthoRight: width / 2, orthoBottom: -height / 2, orthoTop: height / 2, minZ: 1 - depth, maxZ: 1 + depth });
    scene.render();
    const data = new Uint8Array((await engine.readPixels(0, 0, columns, rows)).buffer);
    answers.push(toBase64(flipRows(data, columns, rows)));
  }
  return answers;
}

globalThis.consumer = {
  load,
  show,
  pixels,
  shown: (wish) => readShown(loaded.scene, wish),
  textures: (wish) => readTextures(loaded.scene, wish),
};
