// Skin. Mask: lips, eyelids, inside of the mouth, ambient occlusion. vTint, from part.vert, holds
// what changes slowly over the face: its colour, and in w how oily it is.
in vec4 vTint;

uniform sampler2D uSkinMap;    // see skin-maps.frag
uniform sampler2D uFoldMap;
uniform sampler2D uSlopeMap;

vec3 soft(vec3 n, vec3 l) {
  // Light bleeds further round the form in red than in blue.
  vec3 w = vec3(0.46, 0.32, 0.27), t = clamp((dot(n, l) + w) / (1.0 + w), 0.0, 1.0);
  return t * t * (3.0 - 2.0 * t) * 0.55 + t * 0.45;
}

void main() {
  vec3 n = normalize(vNormal), v = normalize(uCamera.xyz - vPosition), r = vRest;
  if (dot(n, v) < -0.25 && !gl_FrontFacing) n = -n;
  float ao = mix(0.50, 1.0, smoothstep(0.0, 0.80, vMask.a));
  float ax = abs(r.x), front = smoothstep(0.8, 1.05, r.z);
  float lip = smoothstep(0.25, 0.75, vMask.r), mouth = smoothstep(0.35, 0.9, vMask.b);
  // The maps hold the front of the head; further back the skin is plain.
  vec2 at = chart(r);
  float mapped = smoothstep(0.0, 0.35, r.z), age = uExtra.w;
  vec4 skin = mix(vec4(vec3(1.0 / 1.3), 0.5), texture(uSkinMap, at), mapped);
  vec4 folds = texture(uFoldMap, at) * mapped;
  vec4 slopes = (texture(uSlopeMap, at) * 2.0 - 1.0) * mapped * (0.55 + 0.35 * age);
  float eye = ax < 0.3 ? 0.0 : 1.0, side = sign(r.x), pores = skin.a - 0.5;
  vec3 bend = vec3(pores, -pores, 0.0) * 0.10;
  bend.x -= side * slopes.y * uCreases.y * 0.275;
  bend.xy += vec2(side * 0.894, 0.447) * slopes.z * uCreases.z * 0.25;
  bend.y += slopes.x * uCreases.x * 0.165
          + slopes.w * mix(uExtra.x * 0.25, uCreases.w * 0.30, eye);
  n = normalize(n + bend * (1.0 - vMask.r));
  // What an expression folds deeper than years have folded it already.
  vec4 deeper = max(vec4(0.22, 0.38, 0.5, 0.35 * (0.4 + age)) * uCreases
                  - vec4(0.5, 0.35, 1.0, 0.7) * age - vec4(0.0, 0.08, 0.0, 0.0), 0.0);
  deeper.w = mix(0.42 * uExtra.x, deeper.w, eye);
  vec3 a = vTint.rgb * skin.rgb * 1.3
         * mix(vec3(1.0), vec3(0.74, 0.62, 0.58), min(dot(folds, deeper), 1.0) * 0.75);
  a = mix(a, uLips.rgb * (0.9 + 0.2 * skin.a), lip * 0.85);
  a = mix(a, vec3(0.208, 0.04, 0.044), mouth);
  float cavity = 1.0 - 0.8 * mouth * smoothstep(1.32, 0.95, r.z);

  vec3 c = a * (sky(n) * ao + soft(n, KEY) * KEY_LIGHT * mix(ao, 1.0, 0.45)
              + soft(n, FILL) * FILL_LIGHT * ao);
  float edge = clamp(1.0 - dot(n, v), 0.0, 1.0);
  edge *= edge;
  c += (a * 0.6 + 0.1) * edge * ao * (max(dot(n, RIM_RIGHT), 0.0) * RIM_RIGHT_LIGHT
                                    + max(dot(n, RIM_LEFT), 0.0) * RIM_LEFT_LIGHT);
  float oil = vTint.w * (1.0 - 0.5 * age), f = 0.028 + 0.25 * fresnel(v, n);
  float gloss = ggx(n, v, KEY, mix(0.46, 0.27, lip)) * (0.75 + 0.5 * lip)
              + ggx(n, v, KEY, 0.65) * 0.6;
  c += KEY_LIGHT * f * gloss * oil * (1.0 + 1.2 * pores) * ao * (1.0 - mouth * 0.5);
  c += FILL_LIGHT * f * ggx(n, v, FILL, 0.5) * ao;
  oColour = vec4(shown(c * cavity), 1.0);
}
