// Short hair on the skin. Mask: density, grain (0 stubble to 1 combed); alpha is ambient occlusion.
void main() {
  vec3 v = normalize(uCamera.xyz - vPosition), n = normalize(vNormal), along = normalize(vFlow);
  vec3 q = vRest - along * dot(vRest, along) * 0.88 * smoothstep(0.0, 0.5, vMask.g);
  float fine = noise(q * 34.0) * 0.55 + noise(q * 80.0) * 0.45;
  float alpha = smoothstep(0.0, 1.0, vMask.r * 1.5 - (1.0 - vMask.r) * 1.1 * fine) * 0.96;
  if (alpha < 0.01) discard;
  n = normalize(mix(n, v, 0.25));
  float ao = mix(0.55, 1.0, smoothstep(0.05, 0.85, vMask.a));
  vec3 base = uHair.rgb * (0.70 + 0.45 * fine);
  oColour = vec4(shown(strand(n, v, along, base, fine, ao, 0.7)), alpha);
}
