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
  vec4 uLids;        // how far the lids are shut: left, right
};

// Where a rest position lies on the maps of the face that skin-maps.frag draws, 0..1: the front
// view, with the sides of the head drawn out.
vec2 chart(vec3 r) {
  return vec2(r.x * (1.0 + 0.6 * (1.3 - r.z)) / 2.6 + 0.5, (r.y - 5.3) / 3.4);
}
