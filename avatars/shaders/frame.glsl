// What is the same for every part of one frame. Filled by Renderer._upload_frame, std140.
layout(std140) uniform Frame {
  mat4 uViewProjection;
  mat4 uHead;        // turn of the head about the neck
  mat4 uEyes;        // turn of the eyeballs about their centres
  vec4 uCamera;      // xyz position; w depth of breath, 0..1
  vec4 uEye[2];      // xyz centre, w radius
  vec4 uSkin;
  vec4 uLips;
  vec4 uBrows;
  vec4 uHair;
  vec4 uIris;
  vec4 uCloth;
  vec4 uScarf;
  vec4 uCreases;     // forehead, between the brows, nose to mouth, crow's feet
  vec4 uExtra;       // bridge of the nose, blush, desaturation, ageing 0..1
  vec4 uTop;         // background at the top, sRGB
  vec4 uBottom;
};
