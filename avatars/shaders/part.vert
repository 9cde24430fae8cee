// Every part. Defines: MORPHS (targets live in a texture), LIDS (kept outside the eyeballs),
// EYE (turns with the gaze), RIGID (moves with the head as a whole), SKIN (computes its tint).
layout(location = 0) in vec3 aPosition;
layout(location = 1) in vec3 aNormal;
layout(location = 2) in vec2 aUV;
layout(location = 3) in vec4 aMask;
layout(location = 4) in vec3 aRest;
layout(location = 5) in vec3 aFlow;

uniform vec3 uOrigin;

#ifdef MORPHS
uniform sampler2DArray uTargets;   // two layers a target: position, normal; 1024 texels a row
uniform int uActive;
uniform int uTarget[MAX_ACTIVE];
uniform float uWeight[MAX_ACTIVE];
#endif

out vec3 vPosition;
out vec3 vNormal;
out vec2 vUV;
out vec4 vMask;
out vec3 vRest;
out vec3 vFlow;

#ifdef SKIN
out vec4 vTint;

float blob(vec2 d) { return exp(-dot(d, d)); }

// Blood in cheeks and tip of the nose, shade under the eyes, darker lids; w: the oily middle.
vec4 tint(vec3 r, float lids) {
  float ax = abs(r.x), front = smoothstep(0.8, 1.05, r.z);
  float blood = blob((vec2(ax, r.y) - vec2(0.50, 6.92)) / vec2(0.26, 0.22)) * front
              + 0.7 * blob(vec2(r.x, r.y - 6.95) / vec2(0.14, 0.12)) * smoothstep(1.25, 1.5, r.z);
  vec3 a = uSkin.rgb * mix(vec3(1.0), vec3(1.05, 0.76, 0.74), clamp(blood * uExtra.y, 0.0, 1.0));
  float under = blob((vec2(ax, r.y) - vec2(0.31, 7.13)) / vec2(0.17, 0.06)) * front;
  a *= mix(vec3(1.0), vec3(0.92, 0.87, 0.89), 0.22 * under);
  a *= mix(vec3(1.0), vec3(0.90, 0.78, 0.75), 0.45 * lids);
  // The jaw's soft shadow on the throat; light that comes through skin leaves it warm.
  float throat = smoothstep(6.62, 6.38, r.y) * smoothstep(5.55, 6.25, r.y)
               * smoothstep(1.25, 0.95, r.z + 0.6 * (6.3 - r.y)) * smoothstep(-0.2, 0.5, r.z);
  a *= mix(vec3(1.0), vec3(0.66, 0.54, 0.52), 0.75 * throat);
  return vec4(a, mix(0.55, 1.0, blob(vec2(r.x, r.y - 7.3) / vec2(0.2, 0.5))));
}
#endif

void main() {
  vec3 p = aPosition, n = aNormal;
#ifdef MORPHS
  ivec2 texel = ivec2(gl_VertexID & 1023, gl_VertexID >> 10);
  for (int i = 0; i < uActive; i++) {
    int layer = uTarget[i] * 2;
    p += uWeight[i] * texelFetch(uTargets, ivec3(texel, layer), 0).xyz;
    n += uWeight[i] * texelFetch(uTargets, ivec3(texel, layer + 1), 0).xyz;
  }
#endif
#ifdef LIDS
  for (int k = 0; k < 2; k++) {
    vec3 d = p - uEye[k].xyz;
    float gap = length(d);
    // The cornea bulges by 0.055 of the radius, and moves with the gaze.
    float x = clamp(1.0 - 7.4 * (1.0 - dot(d, uEyes[2].xyz) / gap), 0.0, 1.0);
    float least = uEye[k].w * (LIDS + 0.062 * x * sqrt(x));
    if (gap < least && d.z > 0.0) p = uEye[k].xyz + d / gap * least;
#ifdef SKIN
    // A shut lid is as round as the eyeball. Under a lowered brow its summed normals would point
    // into the head, and so would those beside a wide eye under raised brows.
    float near = step(0.0, d.z) * smoothstep(2.2, 1.5, gap / uEye[k].w);
    float over = length((vec2(abs(aRest.x), aRest.y) - vec2(0.315, 7.33)) / vec2(0.26, 0.14));
    float lid = smoothstep(1.2, 0.7, over) * near * smoothstep(0.3, 0.9, uLids[k]);
    n = normalize(n);
    n += d / gap * near * smoothstep(1.7, 1.1, over) * max(0.5 - dot(n, d / gap), 0.0);
    n = mix(n, d / gap, 0.85 * lid);
#endif
  }
#endif
#ifdef EYE
  p = mat3(uEyes) * p;
  n = mat3(uEyes) * n;
#endif
  p += uOrigin;
#ifdef RIGID
  float head = 1.0;
#else
  float head = smoothstep(5.45, 6.5, aRest.y + 0.25 * max(-aRest.z, 0.0));
#endif
  p.y += 0.02 * uCamera.w * (1.0 - head);
  p.z += 0.02 * uCamera.w * (1.0 - head) * smoothstep(5.6, 4.8, aRest.y);
  p = mix(p, (uHead * vec4(p, 1.0)).xyz, head);
  n = normalize(n);
  vNormal = normalize(mix(n, mat3(uHead) * n, head));
  vFlow = mix(aFlow, mat3(uHead) * aFlow, head);
  vPosition = p;
  vUV = aUV;
  vMask = aMask;
  vRest = aRest;
#ifdef SKIN
  vTint = tint(aRest, aMask.g);
#endif
  gl_Position = uViewProjection * vec4(p, 1.0);
}
