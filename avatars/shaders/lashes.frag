// Lashes: hairs drawn on a strip. Mask: upper lid, root to tip, inner to outer corner.
float random(float x) { return fract(sin(x * 127.1) * 43758.5); }

void main() {
  float upper = step(0.5, vMask.r), t = vMask.g, along = vMask.b, alpha = 0.0;
  float number = mix(26.0, 34.0, upper);
  for (int k = 0; k < 2; k++) {
    float u = along * number + float(k) * 0.5 + t * t * (along - 0.45) * 3.0;
    float id = floor(u) + float(k) * 91.0;
    float x = abs(fract(u) - 0.5 + 0.22 * (random(id) - 0.5) * t) * 2.0;
    float reach = mix(0.55, 1.0, random(id + 7.0)) * mix(0.55, 0.95, upper) * (1.0 - 0.4 * uExtra.w)
                * smoothstep(0.0, 0.25, along) * smoothstep(1.02, 0.80, along);
    float share = t / max(reach, 0.01), width = 0.62 * (1.0 - share) + 0.05;
    float soft = fwidth(u) * 1.2;
    alpha = max(alpha, step(share, 1.0) * (1.0 - smoothstep(width - soft * 0.5, width + soft, x))
                       * (1.0 - 0.5 * share));
  }
  float root = (1.0 - smoothstep(0.10, 0.35, t)) * smoothstep(0.0, 0.1, along)
             * smoothstep(1.0, 0.95, along);
  // A shut lid covers the lower lashes.
  float shut = vRest.x > 0.0 ? uLids.x : uLids.y;
  alpha = max(alpha, upper * root) * mix(0.45 * smoothstep(0.8, 0.4, shut), 0.95, upper);
  // A lowered brow folds skin over the roots of the upper ones; their tips would hang in the air.
  alpha *= 1.0 - 0.9 * upper * smoothstep(1.4, 2.2, uCreases.y) * smoothstep(0.7, 0.2, shut);
  if (alpha < 0.02) discard;
  oColour = vec4(mix(vec3(0.018, 0.013, 0.012), vec3(0.014), uExtra.z), alpha);
}
