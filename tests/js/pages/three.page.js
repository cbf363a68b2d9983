// A scene as three.js' GLTFLoader and AnimationMixer show it.
import * as THREE from 'three';
import { RoomEnvironment } from 'three/addons/environments/RoomEnvironment.js';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';

import { frameCamera } from './three_camera.js';
import { readPixels, readShown, readTextures } from './three_read.js';

const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
renderer.outputColorSpace = THREE.SRGBColorSpace;
renderer.toneMapping = THREE.NoToneMapping;
document.body.append(renderer.domElement);

/** @type {{scene: THREE.Scene, gltf: any, mixer: THREE.AnimationMixer, action: THREE.AnimationAction | null}} */
let loaded;

let room;

/** The neutral room of three-gltf-viewer, lit once: it is dear without a graphics card. */
function neutralRoom() {
  if (!room) {
    const generator = new THREE.PMREMGenerator(renderer);
    room = generator.fromScene(new RoomEnvironment(), 0.04).texture;
    generator.dispose();
  }
  return room;
}

/** Draws hidden nodes neither: what a viewer that knows the file's rule does. */
function hideZeroScales() {
  loaded.gltf.scene.traverse((node) => {
    node.visible = node.scale.x !== 0 || node.scale.y !== 0 || node.scale.z !== 0;
  });
}

globalThis.consumer = {
  /** Loads a file. */
  async load({ path }) {
    const gltf = await new GLTFLoader().loadAsync(`/file${path}`);
    const scene = new THREE.Scene();
    scene.add(gltf.scene);
    loaded = { scene, gltf, mixer: new THREE.AnimationMixer(gltf.scene), action: null };
    scene.updateMatrixWorld(true);
    return { clips: gltf.animations.map(({ name, duration }) => ({ name, duration })), cameras: gltf.cameras.length };
  },

  /** Switches to a clip as an application does (stop one, play the next) and goes to a time in seconds. */
  show({ clip, time }) {
    const { gltf, mixer, scene } = loaded;
    if (clip !== null) {
      const wanted = THREE.AnimationClip.findByName(gltf.animations, clip);
      if (!wanted) throw new Error(`no clip named ${clip}`);
      if (wanted !== loaded.action?.getClip()) {
        loaded.action?.stop();
        loaded.action = mixer.clipAction(wanted).setLoop(THREE.LoopOnce, 1);
        loaded.action.clampWhenFinished = true;
      }
      loaded.action.reset().play();
      mixer.setTime(time);
    }
    hideZeroScales();
    scene.updateMatrixWorld(true);
    return true;
  },

  /** One picture on the page's canvas, lit by the neutral room alone; answers how many draw calls it took. */
  draw({ width, height, background, view, turn = 0, light = 1 }) {
    renderer.setPixelRatio(1);
    renderer.setSize(width, height);
    Object.assign(loaded.scene, { environment: neutralRoom(), environmentIntensity: light });
    renderer.setClearColor(new THREE.Color(background), 1);
    renderer.render(loaded.scene, frameCamera(loaded.gltf, { view, turn, aspect: width / height }));
    return { calls: renderer.info.render.calls, triangles: renderer.info.render.triangles };
  },

  shown: (wish) => readShown(loaded.gltf.scene, wish),
  textures: (wish) => readTextures(loaded.gltf.scene, wish),
  pixels: (wish) => readPixels(renderer, loaded.scene, wish),
};
