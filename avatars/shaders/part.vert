// Every part. Defines: MORPHS (targets live in a texture), LIDS (kept outside the eyeballs),
// EYE (turns with the gaze), RIGID (moves with the head as a whole).
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
    float gap = length(d), least = uEye[k].w * LIDS;
    if (gap < least && d.z > 0.0) p = uEye[k].xyz + d / gap * least;
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
  gl_Position = uViewProjection * vec4(p, 1.0);
}
